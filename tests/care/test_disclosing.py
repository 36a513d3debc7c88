"""The register of what went to somebody outside, for staff and for the patient (164.528)."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from accounts.models import Membership
from care import disclosing
from care.models import Disclosure
from care.rights import six_years_before
from core.models import AuditEvent
from tests.factories import NOW, make_member, make_patient, make_practice

OWN, REGISTER = reverse("care:disclosure_list"), reverse("care:disclosure_register")
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def officer(practice):
    return make_member(practice, Membership.Role.PRIVACY_OFFICER, "privacy@example.com")


def enter(patient, by=None, at=NOW, recipient="County court", **more):
    told = {"recipient": recipient, "what": "The note of March 2", "purpose": "required-by-law"}
    return disclosing.enter(patient=patient, disclosed_at=at, by=by, now=NOW, **told | more)


def form(whom, **more):
    told = {
        "patient": str(whom.pk),
        "disclosed_on": "2026-11-30",
        "recipient": "County court",
        "what": "The note of March 2",
        "purpose": "required-by-law",
    }
    return told | more


def test_what_is_entered_is_on_the_trail(alice, officer):
    entered = enter(alice, by=officer)

    event = AuditEvent.objects.get(action="disclosure.entered")
    assert (event.patient_id, event.by_id, event.purpose) == (
        alice.pk,
        officer.pk,
        "required-by-law",
    )
    assert event.subject_id == str(entered.pk)


@pytest.mark.parametrize(
    "statement", ["UPDATE care_disclosure SET purpose = 'other'", "DELETE FROM care_disclosure"]
)
def test_the_register_only_grows(alice, statement):
    enter(alice)

    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"recipient": ""}, "disclosure_says_what_to_whom"),
        ({"what": ""}, "disclosure_says_what_to_whom"),
        ({"disclosed_at": NOW + DAY}, "disclosure_has_happened"),
        ({"purpose": "curiosity"}, "disclosure_purpose_known"),
    ],
)
def test_the_database_refuses(alice, fields, constraint):
    told = {"recipient": "A", "what": "B", "purpose": "other"}
    values = {"patient": alice, "disclosed_at": NOW, "recorded_at": NOW, **told}

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Disclosure.objects.create(**values | fields)


@pytest.mark.parametrize(("later", "count"), [(timedelta(0), 0), (timedelta(seconds=1), 1)])
def test_a_patient_is_told_of_six_years(alice, later, count):
    enter(alice, at=datetime(2020, 12, 1, 15, tzinfo=UTC) + later)

    assert Disclosure.objects.of_patient(alice.user).accounted(now=NOW).count() == count


def test_six_years_before_a_leap_day_is_the_last_of_february():
    assert six_years_before(datetime(2028, 2, 29, tzinfo=UTC)) == datetime(2022, 2, 28, tzinfo=UTC)


def test_the_patient_sees_hers_and_nobody_elses(sign_in, alice, mallory):
    enter(alice)
    enter(mallory, recipient="Elm School")

    page = sign_in(alice.user).get(OWN).content.decode()

    assert ("County court" in page, "Elm School" in page) == (True, False)
    assert "A law or a court asked for it" in page


def test_without_any_the_page_says_so(sign_in, alice):
    page = sign_in(alice.user).get(OWN).content.decode()

    assert "Nothing has been given to anybody outside." in page


def test_an_officer_enters_what_went_by_letter(sign_in, alice, officer):
    theirs = sign_in(officer)

    answer = theirs.post(REGISTER, form(alice))

    entered = Disclosure.objects.get()
    assert answer.url == REGISTER
    assert (entered.patient, entered.by, entered.recipient) == (alice, officer, "County court")
    assert entered.disclosed_at == datetime(2026, 11, 30, 6, tzinfo=UTC)  # midnight in Chicago
    assert "County court" in theirs.get(REGISTER).content.decode()


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"patient": "0"}, "No patient of the practice"),
        ({"patient": "9" * 40}, "No patient of the practice"),
        ({"patient": "nobody@example.com"}, "No patient of the practice"),
        ({"disclosed_on": "2026-12-02"}, "This day lies ahead"),
        ({"disclosed_on": "soon"}, "Write the date as"),
        ({"recipient": ""}, "Fill this in to go on."),
        ({"what": " "}, "Fill this in to go on."),
        ({"purpose": "curiosity"}, "Choose one from the list."),
    ],
)
def test_what_is_not_right_is_not_entered(sign_in, alice, officer, more, error):
    answer = sign_in(officer).post(REGISTER, form(alice, **more))

    assert (answer.status_code, Disclosure.objects.count()) == (422, 0)
    assert error in answer.content.decode()


def test_sent_twice_it_is_entered_once(sign_in, alice, officer):
    client = sign_in(officer)
    told = form(alice, disclosure_id=str(uuid4()))

    for _ in range(2):
        client.post(reverse("care:disclosure_register"), told)

    assert Disclosure.objects.count() == 1


def test_a_slip_in_the_year_is_not_kept_for_good(sign_in, alice, officer):
    told = form(alice, disclosed_on="0206-11-30")

    answer = sign_in(officer).post(reverse("care:disclosure_register"), told)

    assert "The register goes back six years" in answer.content.decode()
    assert (answer.status_code, Disclosure.objects.count()) == (422, 0)


def test_a_patient_of_another_practice_is_nobody_here(sign_in, officer):
    eve = make_patient(make_practice(name="Elsewhere"), "Eve Far")

    answer = sign_in(officer).post(REGISTER, form(eve))

    assert (answer.status_code, Disclosure.objects.count()) == (422, 0)


def test_the_register_of_another_practice_stays_closed(sign_in, officer):
    enter(make_patient(make_practice(name="Elsewhere"), "Eve Far"))

    assert "County court" not in sign_in(officer).get(REGISTER).content.decode()
