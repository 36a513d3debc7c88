"""The demo practice, seeded once for this file with a few patients, on a Tuesday in Chicago."""

import io
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection, transaction
from django.db.models import F
from django.test import Client, override_settings
from django.urls import reverse

from accounts.codes import STATE_ZONES
from accounts.models import Licence, Membership, Patient, Practice, Provider, User
from appointments import offers
from appointments.models import Appointment, Attendance
from billing import cards, reconciliation
from billing.models import CardOnFile, Charge, Entry, Payment
from care import consents
from care.models import ProgressNote
from core.models import Duty
from messaging.models import Message, Thread
from telehealth.demo import seed
from telehealth.demo.accounts import PASSWORD
from telehealth.demo.progress import Progress
from tests.factories import NOW

pytestmark = pytest.mark.journey

PATIENTS = 24
Status = Appointment.Status
DEVELOPMENT = override_settings(
    DEBUG=True,
    STRIPE_SECRET_KEY="",
    STRIPE_SIMULATOR=True,
    STRIPE_WEBHOOK_SECRET="whsec_of_the_tests",
)


@pytest.fixture(scope="module")
def seeded(django_db_setup, django_db_blocker):
    """Seed once for all tests of this file, in a transaction that is undone after them."""
    with django_db_blocker.unblock(), DEVELOPMENT, transaction.atomic():
        seed.build(now=NOW, progress=Progress(io.StringIO()), patients_count=PATIENTS)
        yield Practice.objects.get()
        transaction.set_rollback(True)


@pytest.fixture
def demo(seeded, db):
    """The demo practice; what a test does to it is undone."""
    return seeded


@pytest.fixture
def demo_provider(demo):
    return Provider.objects.get(user__email="provider@demo.example")


@pytest.fixture
def demo_patient(demo):
    return Patient.objects.get(user__email="patient@demo.example")


def test_everybody_is_there(demo):
    roles = Counter(Membership.objects.values_list("role", flat=True))

    assert roles == {
        "provider": 24,
        "supervisor": 3,
        "billing": 2,
        "front-desk": 2,
        "practice-admin": 1,
        "privacy-officer": 1,
        "peer": 1,
    }
    assert (Provider.objects.count(), Patient.objects.count()) == (24, PATIENTS)


def test_providers_are_of_eight_states_and_five_zones(demo):
    home_states = {provider.licences.earliest("pk").state for provider in Provider.objects.all()}

    assert home_states == {"IL", "TX", "NY", "FL", "CA", "WA", "CO", "HI"}
    assert {STATE_ZONES[state] for state in home_states} == set(
        Provider.objects.values_list("zone", flat=True)
    )
    assert len({STATE_ZONES[state] for state in home_states}) == 5


def test_licences_are_valid_compact_expired_and_about_to_end(demo):
    on = NOW.date()

    assert Licence.objects.filter(compact="psypact", valid_until__gte=on).count() == 5
    assert Licence.objects.filter(valid_until__lt=on).count() == 3
    assert Licence.objects.filter(valid_until__range=(on, on + timedelta(days=30))).count() == 1


def test_two_providers_have_a_full_list(demo):
    full = Provider.objects.filter(is_accepting=False).values_list("name", flat=True)

    assert sorted(full) == ["Naomi Feldstein", "Samuel Adeyemi"]


def test_every_provider_speaks_for_herself(demo):
    approaches = set(Provider.objects.values_list("approach", flat=True))

    assert len(approaches) == 24
    assert all(2 <= len(re.findall(r"[.?]", words)) <= 5 for words in approaches)


def test_phone_numbers_are_kept_for_fiction(demo):
    numbers = [Practice.objects.get().phone]
    numbers += [n for p in Patient.objects.all() for n in (p.phone, p.emergency_phone)]

    assert [n for n in numbers if not re.fullmatch(r"[2-9]\d\d-555-01\d\d", n)] == []


def test_npis_differ(demo):
    assert len(set(Provider.objects.values_list("npi", flat=True))) == 24


def test_a_couple_has_an_account_each(demo):
    one, other = Patient.objects.order_by("-pk")[:2]

    assert one.legal_name.split()[1] == other.legal_name.split()[1]
    assert (one.emergency_name, other.emergency_name) == (other.legal_name, one.legal_name)
    assert one.user != other.user


def test_a_minor_comes_with_her_mother_to_somebody_who_works_with_teenagers(demo):
    minor = Patient.objects.get(user__email="guardian@demo.example")

    visits = minor.appointments.select_related("provider")
    assert [p for p in Patient.objects.all() if p.guardian_name] == [minor]
    assert 15 * 365 < (NOW.date() - minor.date_of_birth).days < 17 * 365
    assert visits.exists()
    assert all("teens" in visit.provider.concerns for visit in visits)
    assert {c.signed_name for c in minor.consents.all()} == {minor.guardian_name}


def test_visits_reach_ten_weeks_back_and_six_ahead(demo):
    first, last = Appointment.objects.earliest("starts_at"), Appointment.objects.latest("starts_at")

    assert 63 <= (NOW - first.starts_at).days <= 70
    assert 35 <= (last.starts_at - NOW).days <= 41


def test_no_two_visits_of_a_person_overlap(demo):
    visits = Appointment.objects.exclude(status=Status.CANCELLED)
    overlapping = [
        (visit.pk, other.pk)
        for visit in visits
        for other in visits.filter(starts_at__lt=visit.ends_at, ends_at__gt=visit.starts_at)
        if other.pk != visit.pk
        and visit.pk < other.pk
        and (visit.provider_id == other.provider_id or visit.patient_id == other.patient_id)
    ]

    assert overlapping == []


def test_every_future_visit_lies_in_offered_hours(demo):
    future = Appointment.objects.filter(starts_at__gt=NOW, status=Status.BOOKED)
    # Full lists come last: those providers took new visits when theirs were booked.
    outside = [
        visit.pk
        for visit in future
        if not offers.of([visit.provider], now=visit.booked_at)[0].has(visit.starts_at)
    ]

    assert future.count() > PATIENTS / 2
    assert outside == []


def test_every_visit_is_with_a_provider_who_may_treat_there(demo):
    visits = Appointment.objects.select_related("provider")

    unlicensed = [
        visit.pk
        for visit in visits
        if not offers.may_treat(visit.provider, visit.patient_state, at=visit.starts_at)
    ]

    assert unlicensed == []


def test_visits_keep_their_wall_time_when_the_clocks_change(demo, demo_provider):
    wall_times = {}
    for visit in Appointment.objects.exclude(provider=demo_provider).select_related("provider"):
        wall = visit.starts_at.astimezone(visit.provider.zoneinfo)
        wall_times.setdefault(visit.patient_id, set()).add((wall.weekday(), wall.time()))

    before, after = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)
    assert Appointment.objects.filter(starts_at__lt=before).exists()
    assert Appointment.objects.filter(starts_at__gt=after).exists()
    assert {len(times) for times in wall_times.values()} == {1}


def test_nobody_works_on_thanksgiving(demo):
    on_the_day = Appointment.objects.filter(starts_at__date=date(2026, 11, 26))

    assert list(on_the_day) == []


def test_the_past_happened_in_order(demo):
    disordered = Appointment.objects.exclude(
        booked_at__gt=F("patient__user__date_joined"), starts_at__gt=F("booked_at")
    )
    early_notes = ProgressNote.objects.filter(
        signed_at__lt=F("encounter__appointment__attendance__ended_at")
    )
    early_payments = Payment.objects.filter(settled_at__lt=F("charge__confirmed_at"))

    assert [*disordered, *early_notes, *early_payments] == []


def test_nothing_has_happened_yet_that_is_to_come(demo):
    assert list(Appointment.objects.filter(booked_at__gt=NOW)) == []
    assert list(Attendance.objects.filter(ended_at__gt=NOW)) == []
    assert list(ProgressNote.objects.filter(saved_at__gt=NOW)) == []
    assert list(Entry.objects.filter(posted_at__gt=NOW + timedelta(minutes=2))) == []
    assert list(Message.objects.filter(sent_at__gt=NOW)) == []


def test_past_visits_are_complete_called_off_or_to_be_written_up(demo):
    past = Appointment.objects.filter(ends_at__lt=NOW - timedelta(minutes=10))

    assert set(past.values_list("status", flat=True)) == {"fulfilled", "cancelled", "arrived"}
    assert set(past.filter(status="arrived").values_list("attendance__modality", flat=True)) <= {
        "video",
        "audio",
    }


def test_signed_notes_say_something(demo):
    bodies = [note.body for note in ProgressNote.objects.exclude(signed_at=None)]

    assert len(bodies) == Appointment.objects.filter(status=Status.FULFILLED).count()
    assert {body.count("\n\n") for body in bodies} == {2}


def test_every_worklist_has_something(demo, demo_provider):
    to_write = Appointment.objects.filter(status=Status.ARRIVED, attendance__isnull=False)
    to_confirm = Charge.objects.filter(status=Charge.Status.DRAFT)
    begun = [note for note in ProgressNote.objects.filter(signed_at=None) if note.body]

    assert to_write.filter(provider=demo_provider).count() >= 2
    assert to_confirm.filter(appointment__provider=demo_provider).count() == 2
    assert begun != []
    assert Payment.objects.filter(status=Payment.Status.FAILED).exists()
    assert Message.objects.filter(read_at=None).exists()


def test_payments_are_collected_and_the_books_add_up(demo):
    statuses = Counter(Payment.objects.values_list("status", flat=True))

    assert set(statuses) == {"succeeded", "failed"}
    assert statuses["succeeded"] > 10 * statuses["failed"]
    assert Entry.objects.filter(kind=Entry.Kind.PAYOUT).exists()
    assert reconciliation.check(now=NOW).adds_up


def test_every_patient_has_signed_and_has_a_card(demo):
    patients = Patient.objects.all()

    assert [p for p in patients if consents.missing(p, on=NOW.date())] == []
    assert [p for p in patients if cards.in_use(p) is None] == []
    assert CardOnFile.objects.exclude(replaced_at=None).exists()


def test_the_demo_patient_can_come_in_soon(demo, demo_patient, demo_provider):
    visit = Appointment.objects.upcoming(now=NOW).filter(patient=demo_patient).first()

    assert (visit.provider, visit.status) == (demo_provider, Status.BOOKED)
    assert NOW < visit.starts_at <= NOW + timedelta(minutes=30)


def test_the_demo_provider_has_a_day(demo, demo_provider):
    day = NOW.astimezone(demo_provider.zoneinfo).date()
    visits = demo_provider.appointments.on_day(day, demo_provider.zoneinfo)

    assert Counter(visit.status for visit in visits) == {"arrived": 1, "booked": 3}


def test_messages_go_to_and_fro(demo, demo_patient):
    threads = Thread.objects.all()

    assert threads.filter(patient=demo_patient).exists()
    assert {thread.messages.earliest("number").author_id for thread in threads} == {
        thread.patient.user_id for thread in threads
    }
    assert max(thread.messages.count() for thread in threads) >= 2


def test_nothing_old_waits_in_the_outbox(demo):
    assert list(Duty.objects.filter(done_at=None, due_at__lte=NOW)) == []
    assert list(Duty.objects.exclude(dead_at=None)) == []
    assert (mail.outbox, connection.run_on_commit) == ([], [])


@pytest.mark.parametrize(
    "name", ["patient", "provider", "supervisor", "billing", "frontdesk", "admin"]
)
def test_the_sign_ins_work(demo, name):
    client, email = Client(), f"{name}@demo.example"

    response = client.post(reverse("account_login"), {"login": email, "password": PASSWORD})

    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(User.objects.get(email=email).pk)
