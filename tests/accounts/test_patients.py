import re
from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts import patients
from accounts.models import Patient
from core.models import AuditEvent
from tests.factories import NOW, make_patient, make_practice, make_user

ADDRESS = reverse("accounts:about_you")
TOLD = {
    "legal_name": "Alice Doe",
    "preferred_name": "Ali",
    "date_of_birth": date(1991, 5, 4),
    "phone": "312-555-0123",
    "state": "IL",
    "zone": "America/Chicago",
    "emergency_name": "Sam Doe",
    "emergency_relation": "Brother",
    "emergency_phone": "312-555-0199",
}
FORM = TOLD | {"who": "me", "date_of_birth": "1991-05-04", "phone": "(312) 555-0123"}
GUARDIAN = {"guardian_name": "Mary Doe", "guardian_relation": "mother"}
CHILD_FORM = FORM | GUARDIAN | {"who": "child", "date_of_birth": "2011-05-04"}
EIGHTEEN_ON_DECEMBER_1 = {"date_of_birth": date(2008, 12, 1)}
LATE_EVENING_BEFORE = datetime(2026, 12, 1, 5, 59, tzinfo=UTC)  # 11:59 PM in Chicago
MIDNIGHT = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)


@pytest.fixture
def newcomer(practice):
    return make_user("newcomer@example.com")


def save(user, practice, now=NOW, **more):
    return patients.save_profile(user=user, practice=practice, now=now, **TOLD | more)


def told_by(user, names):
    """What is kept of the user's profile, in the fields `names`."""
    patient = Patient.objects.get(user=user)
    return {name: getattr(patient, name) for name in names}


def test_a_profile_makes_a_patient(newcomer, practice):
    patient = save(newcomer, practice)

    event = AuditEvent.objects.get()
    assert (told_by(newcomer, TOLD), patient.practice) == (TOLD, practice)
    assert (event.action, event.by_id, event.patient_id) == (
        "patient.created",
        newcomer.pk,
        patient.pk,
    )


def test_a_profile_told_again_is_changed_in_place(newcomer, practice):
    first = save(newcomer, practice)

    second = save(newcomer, make_practice(), phone="312-555-0777")

    assert (second.pk, second.phone, second.practice) == (first.pk, "312-555-0777", practice)
    assert AuditEvent.objects.latest("pk").action == "patient.updated"


def test_one_is_of_age_on_the_birthday_where_one_lives(newcomer, practice):
    with pytest.raises(patients.NeedsGuardian):
        save(newcomer, practice, now=LATE_EVENING_BEFORE, **EIGHTEEN_ON_DECEMBER_1)
    assert save(newcomer, practice, now=MIDNIGHT, **EIGHTEEN_ON_DECEMBER_1).user == newcomer


def test_a_guardian_keeps_the_profile_until_that_birthday(newcomer, practice):
    child = EIGHTEEN_ON_DECEMBER_1 | GUARDIAN

    save(newcomer, practice, now=LATE_EVENING_BEFORE, **child)
    with pytest.raises(patients.IsOfAge):
        save(newcomer, practice, now=MIDNIGHT, **child)

    assert told_by(newcomer, GUARDIAN) == GUARDIAN


@pytest.mark.parametrize("blank", GUARDIAN)
def test_half_a_guardian_is_refused_by_the_database(practice, blank):
    with (
        pytest.raises(IntegrityError, match="patient_guardian_named_whole"),
        transaction.atomic(),
    ):
        make_patient(practice, "Kit Doe", **GUARDIAN | {blank: ""})


@pytest.mark.parametrize(("on", "adult"), [(date(2026, 2, 28), False), (date(2026, 3, 1), True)])
def test_who_was_born_on_a_leap_day_is_of_age_on_march_1(on, adult):
    assert patients.is_adult(date(2008, 2, 29), on=on) is adult


def test_the_page_keeps_the_profile_and_leads_on(newcomer, sign_in):
    response = sign_in(newcomer).post(ADDRESS, FORM | {"next": "/consents/?next=%2Fhome%2F"})

    kept = told_by(newcomer, TOLD)
    assert (response["Location"], kept) == ("/consents/?next=%2Fhome%2F", TOLD)


def test_the_page_keeps_a_child_with_the_guardian(newcomer, sign_in):
    response = sign_in(newcomer).post(ADDRESS, CHILD_FORM)

    child = told_by(newcomer, TOLD | GUARDIAN)
    assert response["Location"] == reverse("home")
    assert child == TOLD | GUARDIAN | {"date_of_birth": date(2011, 5, 4)}


def test_of_a_guardian_nothing_is_kept_for_oneself(newcomer, sign_in):
    sign_in(newcomer).post(ADDRESS, FORM | GUARDIAN)

    assert told_by(newcomer, GUARDIAN) == dict.fromkeys(GUARDIAN, "")


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"guardian_name": ""}, "guardian_name", "Fill this in to go on."),
        ({"guardian_relation": " "}, "guardian_relation", "Fill this in to go on."),
        ({"date_of_birth": "1991-05-04"}, "date_of_birth", "From 18 on, everyone has an account"),
        ({"who": "me"}, "date_of_birth", "Under 18, a parent or guardian creates the account"),
        ({"who": "nobody"}, "who", "Choose one from the list."),
        ({"who": ""}, "who", "Fill this in to go on."),
    ],
)
def test_what_does_not_fit_a_child_is_said_and_the_rest_kept(
    newcomer, sign_in, changes, field, sentence
):
    response = sign_in(newcomer).post(ADDRESS, CHILD_FORM | changes)

    form, page = response.context["form"], response.content.decode()
    kept = {name: form[name].value() for name in CHILD_FORM}
    assert (response.status_code, Patient.objects.count()) == (422, 0)
    assert list(form.errors) == [field]
    assert sentence in form.errors[field][0]
    assert sentence in page
    assert kept == CHILD_FORM | changes


@pytest.mark.parametrize(("guardian", "answer"), [({}, "me"), (GUARDIAN, "child")])
def test_the_page_shows_for_whom_the_account_is(practice, sign_in, guardian, answer):
    patient = make_patient(practice, "Kit Doe", **guardian)

    page = sign_in(patient.user).get(ADDRESS).content.decode()

    chosen = re.findall(r'<input type="radio" name="who" value="(\w+)"[^>]* checked>', page)
    assert chosen == [answer]


def test_the_page_leads_home_rather_than_to_another_site(newcomer, sign_in):
    response = sign_in(newcomer).post(ADDRESS, FORM | {"next": "//evil.example/"})

    assert response["Location"] == reverse("home")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("phone", "12", "Write the number with its area code, such as 312-555-0123."),
        ("emergency_phone", "x", "Write the number with its area code, such as 312-555-0123."),
        ("date_of_birth", "2099-01-01", "Check the year: this is not a date of birth."),
        ("date_of_birth", "1066-01-01", "Check the year: this is not a date of birth."),
        ("date_of_birth", "yesterday", "Write the date as month/day/year, such as 05/04/1991."),
        ("date_of_birth", "2020-01-01", "call us at 312-555-0100 and we arrange it together."),
        ("state", "ZZ", "Choose one from the list."),
        ("zone", "Mars/Base", "Choose one from the list."),
        ("legal_name", "", "Fill this in to go on."),
    ],
)
def test_what_does_not_fit_is_said_and_the_rest_kept(newcomer, sign_in, field, value, sentence):
    response = sign_in(newcomer).post(ADDRESS, FORM | {field: value, "next": "/visits/"})

    page = response.content.decode()
    assert (response.status_code, Patient.objects.count()) == (422, 0)
    assert sentence in page
    assert 'value="Brother"' in page
    assert '<input type="hidden" name="next" value="/visits/">' in page


def test_the_page_shows_what_was_told(alice, sign_in):
    page = sign_in(alice.user).get(ADDRESS).content.decode()

    assert 'value="1991-05-04"' in page
    assert '<option value="America/Chicago" selected>Central Time (Chicago)</option>' in page


def test_a_new_patient_finds_state_and_zone_filled_in(newcomer, sign_in):
    client = sign_in(newcomer)
    client.cookies["zone"] = "Europe/Berlin"

    page = client.get(f"{ADDRESS}?state=TX").content.decode()

    assert '<option value="TX" selected>Texas</option>' in page
    assert '<option value="Europe/Berlin" selected>' in page


def test_staff_have_no_profile_here(dr_bob, sign_in):
    response = sign_in(dr_bob.user).post(ADDRESS, FORM)

    assert (response.status_code, Patient.objects.count()) == (404, 0)


def test_a_name_is_kept_without_what_cannot_be_seen(newcomer, sign_in):
    written = {"legal_name": "New\r\n \u200bComer", "next": "xyz"}

    response = sign_in(newcomer).post(ADDRESS, FORM | written)

    assert response["Location"] == reverse("home")
    assert Patient.objects.get(user=newcomer).legal_name == "New Comer"


def test_a_name_with_nothing_to_see_is_not_filled_in(newcomer, sign_in):
    response = sign_in(newcomer).post(ADDRESS, FORM | {"legal_name": "\u200b\u2060"})

    assert (response.status_code, Patient.objects.count()) == (422, 0)
