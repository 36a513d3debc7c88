"""Code sets about people: US states, concerns, languages. The words beside the codes are ours."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """USPS codes of the states and the District of Columbia."""

    AL = "AL", _("Alabama")
    AK = "AK", _("Alaska")
    AZ = "AZ", _("Arizona")
    AR = "AR", _("Arkansas")
    CA = "CA", _("California")
    CO = "CO", _("Colorado")
    CT = "CT", _("Connecticut")
    DE = "DE", _("Delaware")
    DC = "DC", _("District of Columbia")
    FL = "FL", _("Florida")
    GA = "GA", _("Georgia")
    HI = "HI", _("Hawaii")
    ID = "ID", _("Idaho")
    IL = "IL", _("Illinois")
    IN = "IN", _("Indiana")
    IA = "IA", _("Iowa")
    KS = "KS", _("Kansas")
    KY = "KY", _("Kentucky")
    LA = "LA", _("Louisiana")
    ME = "ME", _("Maine")
    MD = "MD", _("Maryland")
    MA = "MA", _("Massachusetts")
    MI = "MI", _("Michigan")
    MN = "MN", _("Minnesota")
    MS = "MS", _("Mississippi")
    MO = "MO", _("Missouri")
    MT = "MT", _("Montana")
    NE = "NE", _("Nebraska")
    NV = "NV", _("Nevada")
    NH = "NH", _("New Hampshire")
    NJ = "NJ", _("New Jersey")
    NM = "NM", _("New Mexico")
    NY = "NY", _("New York")
    NC = "NC", _("North Carolina")
    ND = "ND", _("North Dakota")
    OH = "OH", _("Ohio")
    OK = "OK", _("Oklahoma")
    OR = "OR", _("Oregon")
    PA = "PA", _("Pennsylvania")
    RI = "RI", _("Rhode Island")
    SC = "SC", _("South Carolina")
    SD = "SD", _("South Dakota")
    TN = "TN", _("Tennessee")
    TX = "TX", _("Texas")
    UT = "UT", _("Utah")
    VT = "VT", _("Vermont")
    VA = "VA", _("Virginia")
    WA = "WA", _("Washington")
    WV = "WV", _("West Virginia")
    WI = "WI", _("Wisconsin")
    WY = "WY", _("Wyoming")


class Concern(models.TextChoices):
    """What brings people here, in their words."""

    ANXIETY = "anxiety", _("Anxiety and worry")
    DEPRESSION = "depression", _("Low mood and depression")
    TRAUMA = "trauma", _("Trauma and PTSD")
    GRIEF = "grief", _("Grief and loss")
    SLEEP = "sleep", _("Trouble sleeping")
    RELATIONSHIPS = "relationships", _("Relationships and couples")
    FAMILY = "family", _("Family and parenting")
    OCD = "ocd", _("Obsessive thoughts and OCD")
    SUBSTANCE_USE = "substance-use", _("Alcohol and drugs")
    EATING = "eating", _("Eating and body image")
    ADHD = "adhd", _("Attention and ADHD")
    IDENTITY = "identity", _("Identity and belonging")
    WORK = "work", _("Work and burnout")
    TEENS = "teens", _("Teenagers")


class Language(models.TextChoices):
    """BCP 47 codes."""

    EN = "en", _("English")
    ES = "es", _("Spanish")
    ZH = "zh", _("Chinese")
    VI = "vi", _("Vietnamese")
    AR = "ar", _("Arabic")
    FR = "fr", _("French")
    HI = "hi", _("Hindi")
    PT = "pt", _("Portuguese")
    KO = "ko", _("Korean")
    IG = "ig", _("Igbo")
    ASL = "ase", _("American Sign Language")


class Method(models.TextChoices):
    """Kinds of therapy, by the names their own societies use. Looked through on 2026-11-26."""

    ACT = "act", _("Acceptance and commitment therapy (ACT)")
    CBT = "cbt", _("Cognitive behavioral therapy (CBT)")
    CBT_I = "cbt-i", _("CBT for insomnia (CBT-I)")
    CPT = "cpt", _("Cognitive processing therapy (CPT)")
    DBT = "dbt", _("Dialectical behavior therapy (DBT)")
    EFT = "eft", _("Emotionally focused therapy (EFT)")
    EMDR = "emdr", _("Eye movement desensitization and reprocessing (EMDR)")
    ERP = "erp", _("Exposure and response prevention (ERP)")
    FAMILY = "family-systems", _("Family systems therapy")
    GOTTMAN = "gottman", _("Gottman method couples therapy")
    IFS = "ifs", _("Internal family systems (IFS)")
    IPT = "ipt", _("Interpersonal psychotherapy (IPT)")
    MBCT = "mbct", _("Mindfulness-based cognitive therapy (MBCT)")
    MI = "mi", _("Motivational interviewing (MI)")
    PCIT = "pcit", _("Parent-child interaction therapy (PCIT)")
    PLAY = "play", _("Play therapy")
    PE = "pe", _("Prolonged exposure (PE)")
    PSYCHODYNAMIC = "psychodynamic", _("Psychodynamic therapy")
    SFBT = "sfbt", _("Solution-focused brief therapy (SFBT)")
    TF_CBT = "tf-cbt", _("Trauma-focused CBT (TF-CBT)")
    MEDICATION = "medication", _("Medication management")


class AgeGroup(models.TextChoices):
    CHILD = "child", _("Children, up to 12")
    TEEN = "teen", _("Teens, 13 to 17")
    ADULT = "adult", _("Adults, 18 to 64")
    OLDER = "older-adult", _("Older adults, 65 and over")

    @classmethod
    def of(cls, years: int) -> "AgeGroup":
        """Return the group of somebody who is so many years old."""
        ends = {cls.CHILD: 13, cls.TEEN: 18, cls.ADULT: 65}
        return next((group for group, end in ends.items() if years < end), cls.OLDER)


class Gender(models.TextChoices):
    WOMAN = "woman", _("Woman")
    MAN = "man", _("Man")
    NONBINARY = "nonbinary", _("Nonbinary person")


class Identity(models.TextChoices):
    """What some people look for in a therapist, who states it herself or does not.

    Origins are the categories of OMB's Statistical Policy Directive No. 15 of 2024-03-28.
    """

    NATIVE = "native", _("American Indian or Alaska Native")
    ASIAN = "asian", _("Asian")
    BLACK = "black", _("Black or African American")
    LATINO = "latino", _("Hispanic or Latino")
    MENA = "mena", _("Middle Eastern or North African")
    PACIFIC = "pacific", _("Native Hawaiian or Pacific Islander")
    WHITE = "white", _("White")
    LGBTQ = "lgbtq", _("LGBTQ+")
    DISABLED = "disabled", _("Living with a disability")
    IMMIGRANT = "immigrant", _("From a family of immigrants")
    PARENT = "parent", _("A parent")
    VETERAN = "veteran", _("A veteran")
    BUDDHIST = "buddhist", _("Buddhist")
    CHRISTIAN = "christian", _("Christian")
    HINDU = "hindu", _("Hindu")
    JEWISH = "jewish", _("Jewish")
    MUSLIM = "muslim", _("Muslim")


STATE_ZONES: dict[str, str] = {
    # The zone where most people of the state live; only a first guess, which the person corrects.
    "CT": "America/New_York",
    "DE": "America/New_York",
    "DC": "America/New_York",
    "FL": "America/New_York",
    "GA": "America/New_York",
    "IN": "America/New_York",
    "KY": "America/New_York",
    "ME": "America/New_York",
    "MD": "America/New_York",
    "MA": "America/New_York",
    "MI": "America/New_York",
    "NH": "America/New_York",
    "NJ": "America/New_York",
    "NY": "America/New_York",
    "NC": "America/New_York",
    "OH": "America/New_York",
    "PA": "America/New_York",
    "RI": "America/New_York",
    "SC": "America/New_York",
    "VT": "America/New_York",
    "VA": "America/New_York",
    "WV": "America/New_York",
    "AL": "America/Chicago",
    "AR": "America/Chicago",
    "IL": "America/Chicago",
    "IA": "America/Chicago",
    "KS": "America/Chicago",
    "LA": "America/Chicago",
    "MN": "America/Chicago",
    "MS": "America/Chicago",
    "MO": "America/Chicago",
    "NE": "America/Chicago",
    "ND": "America/Chicago",
    "OK": "America/Chicago",
    "SD": "America/Chicago",
    "TN": "America/Chicago",
    "TX": "America/Chicago",
    "WI": "America/Chicago",
    "CO": "America/Denver",
    "ID": "America/Denver",
    "MT": "America/Denver",
    "NM": "America/Denver",
    "UT": "America/Denver",
    "WY": "America/Denver",
    "AZ": "America/Phoenix",
    "CA": "America/Los_Angeles",
    "NV": "America/Los_Angeles",
    "OR": "America/Los_Angeles",
    "WA": "America/Los_Angeles",
    "AK": "America/Anchorage",
    "HI": "Pacific/Honolulu",
}
