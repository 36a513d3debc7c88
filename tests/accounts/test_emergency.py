"""Emergency access: who may open one, for how long, who is told, who judges it."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from accounts import emergency, staffing, trail
from accounts.models import EmergencyAccess, Membership, Patient
from accounts.models.emergency_access import END, LASTS
from core import duties
from core.models import AuditEvent, Duty
from tests.examples import examples
from tests.factories import NOW, make_care, make_member, make_patient, make_practice, make_provider

Role, Reason, Outcome = Membership.Role, EmergencyAccess.Reason, EmergencyAccess.Outcome
BORN = date(1991, 5, 4)
MINUTE, SECOND, TICK = timedelta(minutes=1), timedelta(seconds=1), timedelta(microseconds=1)
WHY = {"reason": Reason.MEDICAL, "circumstances": "Found unconscious at a station."}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def officer(practice):
    return make_member(practice, Role.PRIVACY_OFFICER, "privacy@example.com")


@pytest.fixture
def access(alice, carol, officer):
    """Carol, who does not care for alice, opened her record a moment ago."""
    return emergency.open_access(patient=alice, by=carol.user, now=NOW, **WHY)


@pytest.fixture
def over(access):
    EmergencyAccess.objects.update(
        starts_at=NOW - timedelta(hours=1), ends_at=NOW - timedelta(minutes=30)
    )
    access.refresh_from_db()
    return access


def is_open_to(provider):
    return EmergencyAccess.objects.open_to(provider.user).exists()


def deeds():
    found = AuditEvent.objects.filter(action__startswith="emergency.").order_by("pk")
    return list(found.values_list("action", "reason", "purpose", "patient_id"))


# Whom she finds.


@pytest.mark.parametrize("name", ["Alice Doe", "ALICE DOE", " alice  doe ", "Alice-Doe"])
def test_she_finds_by_the_whole_legal_name_and_the_date_of_birth(practice, alice, carol, name):
    found = emergency.find(practice=practice, legal_name=name, born_on=BORN, by=carol.user, now=NOW)

    assert found == alice
    assert deeds() == []


@pytest.mark.parametrize(
    ("name", "born_on"),
    [
        ("Alice", BORN),
        ("Doe Alice", BORN),
        ("Alice Do", BORN),
        ("Alice Doe", date(1991, 5, 5)),
        ("...", BORN),
    ],
)
def test_part_of_it_finds_nobody_and_is_on_the_trail(practice, alice, carol, name, born_on):
    with pytest.raises(emergency.NotFound):
        emergency.find(practice=practice, legal_name=name, born_on=born_on, by=carol.user, now=NOW)

    assert deeds() == [("emergency.missed", "", "emergency", None)]


def test_a_patient_of_another_practice_is_as_unknown_as_nobody(practice, carol):
    make_patient(make_practice(name="Elsewhere"), "Eva Far")

    for name in ("Eva Far", "Nobody There"):
        with pytest.raises(emergency.NotFound):
            emergency.find(practice=practice, legal_name=name, born_on=BORN, by=carol.user, now=NOW)


def test_of_two_with_one_name_and_birthday_nobody_is_guessed(practice, alice, carol):
    make_patient(practice, "Alice Doe", user=make_member(practice, Role.PEER, "a2@example.com"))

    with pytest.raises(emergency.Several):
        emergency.find(
            practice=practice, legal_name="Alice Doe", born_on=BORN, by=carol.user, now=NOW
        )


def test_her_new_name_finds_her_and_the_old_one_does_not(alice):
    kept = Patient.objects.get()
    kept.legal_name = "Alice Ray"
    kept.save()

    assert list(Patient.objects.known_as("Alice Ray", born_on=BORN)) == [alice]
    assert list(Patient.objects.known_as("Alice Doe", born_on=BORN)) == []


def test_the_index_stays_when_something_else_changes(alice):
    kept = Patient.objects.get()
    kept.phone = "312-555-0177"
    kept.save()

    assert list(Patient.objects.known_as("Alice Doe", born_on=BORN)) == [alice]


def test_the_search_uses_the_index(alice):
    plan = Patient.objects.known_as("Alice Doe", born_on=BORN).explain()

    assert "identity_index" in plan or "patient_by_identity" in plan


# Who may.


def test_a_supervisor_may_as_well(practice, alice):
    sue = make_member(practice, Role.SUPERVISOR, "sue@example.com")

    emergency.open_access(patient=alice, by=sue, now=NOW, **WHY)

    assert EmergencyAccess.objects.open_to(sue).exists()


@pytest.mark.parametrize(
    "role", [Role.BILLING, Role.FRONT_DESK, Role.ADMIN, Role.PRIVACY_OFFICER, Role.PEER]
)
def test_no_other_role_may(practice, alice, role):
    member = make_member(practice, role, "member@example.com")

    with pytest.raises(emergency.NotOfOnePractice):
        emergency.open_access(patient=alice, by=member, now=NOW, **WHY)
    assert EmergencyAccess.objects.count() == 0


def test_nobody_of_another_practice_may(alice):
    eve = make_provider(make_practice(name="Elsewhere"), "Eve Far")

    with pytest.raises(emergency.NotOfOnePractice):
        emergency.open_access(patient=alice, by=eve.user, now=NOW, **WHY)


@pytest.mark.parametrize("role", ["treating", "covering"])
def test_who_cares_for_the_patient_needs_none(alice, carol, role):
    make_care(alice, carol, role)

    with pytest.raises(emergency.InCare):
        emergency.open_access(patient=alice, by=carol.user, now=NOW, **WHY)
    assert (EmergencyAccess.objects.count(), deeds()) == (0, [])


def test_who_cared_for_the_patient_once_may(alice, carol):
    make_care(alice, carol, ends_at=NOW - MINUTE, end_reason="completed")

    emergency.open_access(patient=alice, by=carol.user, now=NOW, **WHY)

    assert is_open_to(carol)


# For how long.


@pytest.mark.parametrize(
    ("after", "is_open"),
    [
        (-TICK, False),
        (timedelta(), True),
        (15 * MINUTE, True),
        (LASTS - TICK, True),
        (LASTS, False),
        (LASTS + SECOND, False),
    ],
)
def test_it_lasts_exactly_half_an_hour(access, carol, clock, after, is_open):
    clock.move_to(NOW + after)

    assert is_open_to(carol) is is_open


def test_pressing_twice_opens_one_and_tells_once(alice, carol, access):
    again = emergency.open_access(patient=alice, by=carol.user, now=NOW + SECOND, **WHY)

    assert again == access
    assert Duty.objects.filter(kind="notice.emergency").count() == 2
    assert len(deeds()) == 1


def test_another_reason_is_not_dropped_without_a_word(alice, carol, access):
    with pytest.raises(emergency.OtherReason):
        emergency.open_access(
            patient=alice, by=carol.user, now=NOW + SECOND, **WHY | {"reason": "responders"}
        )


def test_at_its_end_another_may_begin(alice, carol, access, clock):
    clock.move_to(NOW + LASTS)

    another = emergency.open_access(patient=alice, by=carol.user, now=NOW + LASTS, **WHY)

    assert (another.starts_at, is_open_to(carol)) == (NOW + LASTS, True)


def test_she_ends_it_early(access, carol, clock):
    clock.move_to(NOW + 5 * MINUTE)

    emergency.end(access=access, by=carol.user, now=NOW + 5 * MINUTE)

    access.refresh_from_db()
    assert (access.over_at, is_open_to(carol)) == (NOW + 5 * MINUTE, False)
    assert [deed[0] for deed in deeds()] == ["emergency.opened", "emergency.ended"]


@pytest.mark.parametrize("after", [LASTS, LASTS + MINUTE])
def test_what_is_over_cannot_be_ended(access, carol, after):
    with pytest.raises(emergency.Over):
        emergency.end(access=access, by=carol.user, now=NOW + after)


def test_ending_twice_changes_nothing(access, carol):
    emergency.end(access=access, by=carol.user, now=NOW + MINUTE)

    with pytest.raises(emergency.Over):
        emergency.end(access=access, by=carol.user, now=NOW + 2 * MINUTE)
    access.refresh_from_db()
    assert access.ended_at == NOW + MINUTE


def test_it_ends_with_the_account_and_does_not_come_back_with_it(practice, access, carol, clock):
    boss = make_member(practice, Role.ADMIN, "boss@example.com")
    clock.move_to(NOW + MINUTE)

    staffing.deactivate(user=carol.user, practice=practice, by=boss, now=NOW + MINUTE)
    staffing.reactivate(user=carol.user, by=boss, now=NOW + 2 * MINUTE)

    clock.move_to(NOW + 3 * MINUTE)
    access.refresh_from_db()
    assert (access.ended_at, is_open_to(carol)) == (NOW + MINUTE, False)
    assert deeds()[-1][0] == "emergency.ended"


def test_a_closed_account_opens_nothing_whoever_closed_it(access, carol):
    carol.user.is_active = False
    carol.user.save()

    assert not is_open_to(carol)


def test_it_ends_with_the_role_and_does_not_come_back_with_it(practice, access, carol, clock):
    boss = make_member(practice, Role.ADMIN, "boss@example.com")
    Membership.objects.create(user=carol.user, practice=practice, role=Role.BILLING)
    role = carol.user.memberships.get(role=Role.PROVIDER)
    clock.move_to(NOW + MINUTE)

    staffing.take_role(membership=role, by=boss, now=NOW + MINUTE)
    Membership.objects.create(user=carol.user, practice=practice, role=Role.PROVIDER)

    access.refresh_from_db()
    assert (access.ended_at, is_open_to(carol)) == (NOW + MINUTE, False)


def test_without_the_role_it_opens_nothing_whoever_took_it(access, carol, dr_bob):
    carol.user.memberships.update(role=Role.BILLING)

    assert not is_open_to(carol)


def test_who_works_in_another_practice_by_now_reads_nothing(access, carol):
    carol.user.memberships.all().delete()
    carol.user.memberships.create(practice=make_practice(name="Elsewhere"), role="provider")

    assert not is_open_to(carol)


class EmergencyMachine(RuleBasedStateMachine):
    """Any sequence of opening, ending, waiting, and of what happens to the person's work."""

    def __init__(self, clock, practice, patient, provider, boss):
        super().__init__()
        self.clock, self.practice, self.patient = clock, practice, patient
        self.provider, self.boss = provider, boss
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.now, self.until = NOW, None
        self.works, self.has_account = True, True
        clock.move_to(NOW)
        Membership.objects.create(user=provider.user, practice=practice, role=Role.PEER)

    def teardown(self):
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    def is_open(self):
        return self.until is not None and self.now < self.until

    @rule(step=st.sampled_from([TICK, MINUTE, 15 * MINUTE, LASTS - TICK, LASTS, LASTS + TICK]))
    def wait(self, step):
        self.now += step
        self.clock.move_to(self.now)

    @rule()
    def open(self):
        asked = {"patient": self.patient, "by": self.provider.user, "now": self.now}
        if not (self.works and self.has_account):
            with pytest.raises(emergency.NotOfOnePractice):
                emergency.open_access(**asked, **WHY)
            return
        emergency.open_access(**asked, **WHY)
        self.until = self.until if self.is_open() else self.now + LASTS

    @rule()
    def end(self):
        latest = EmergencyAccess.objects.annotate(over=END).order_by("over").last()
        if latest is None:
            return
        if not self.is_open():
            with pytest.raises(emergency.Over):
                emergency.end(access=latest, by=self.provider.user, now=self.now)
            return
        emergency.end(access=latest, by=self.provider.user, now=self.now)
        self.until = None

    @rule()
    def take_or_give_the_role(self):
        held = self.provider.user.memberships.filter(role=Role.PROVIDER).first()
        if held:
            staffing.take_role(membership=held, by=self.boss, now=self.now)
            self.until = None
        else:
            Membership.objects.create(
                user=self.provider.user, practice=self.practice, role=Role.PROVIDER
            )
        self.works = not held

    @rule()
    def close_or_open_the_account(self):
        user = self.provider.user
        user.refresh_from_db()
        if user.is_active:
            staffing.deactivate(user=user, practice=self.practice, by=self.boss, now=self.now)
            self.until = None
        else:
            staffing.reactivate(user=user, by=self.boss, now=self.now)
        self.has_account = not self.has_account

    @invariant()
    def it_is_open_exactly_when_the_model_says(self):
        wanted = self.is_open() and self.works and self.has_account
        assert is_open_to(self.provider) is wanted

    @invariant()
    def none_is_longer_than_half_an_hour_and_no_two_meet(self):
        spans = sorted((a.starts_at, a.over_at) for a in EmergencyAccess.objects.all())
        assert all(end - start <= LASTS for start, end in spans)
        assert all(a[1] <= b[0] for a, b in pairwise(spans))


def test_over_any_time_it_is_open_exactly_when_it_should_be(practice, alice, carol, clock):
    boss = make_member(practice, Role.ADMIN, "boss@example.com")

    run_state_machine_as_test(
        lambda: EmergencyMachine(clock, practice, alice, carol, boss),
        settings=settings(
            max_examples=examples(25),
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


# Who is told.


def test_the_patient_and_each_officer_get_a_letter_that_says_nothing(practice, access, officer):
    duties.sweep(now=NOW)

    letters = {letter.to[0]: letter for letter in mail.outbox}
    assert set(letters) == {"alice@example.com", officer.email}
    told = " ".join(f"{letter.subject} {letter.body}" for letter in mail.outbox).lower()
    silent = ["alice", "doe", "carol", "fox", "emergency", "record", "unconscious", "lakeside"]
    assert [word for word in silent if word in told] == []
    assert "/account/access/" in letters["alice@example.com"].body
    assert "/account/reviews/" in letters[officer.email].body


def test_an_officer_elsewhere_or_whose_account_is_closed_gets_none(alice, carol, practice):
    make_member(make_practice(name="Elsewhere"), Role.PRIVACY_OFFICER, "far@example.com")
    gone = make_member(practice, Role.PRIVACY_OFFICER, "gone@example.com")
    gone.is_active = False
    gone.save()

    emergency.open_access(patient=alice, by=carol.user, now=NOW, **WHY)

    duties.sweep(now=NOW)
    assert [letter.to for letter in mail.outbox] == [["alice@example.com"]]


def test_the_patient_reads_it_among_those_who_looked(alice, access):
    events = list(trail.of_patient(alice, with_own=False))

    assert [(line.who, str(line.what)) for line in trail.lines_for_patient(events, alice)] == [
        ("Carol Fox, PsyD", "Opened the record in an emergency, for 30 minutes")
    ]


def test_the_reason_is_a_code_on_the_trail_and_the_words_are_sealed(alice, access):
    assert deeds() == [("emergency.opened", "medical", "emergency", alice.pk)]
    assert b"unconscious" not in bytes(
        EmergencyAccess.objects.values_list("circumstances", flat=True).get().envelope
    )


# Who judges it.


@pytest.mark.parametrize(
    ("outcome", "remark"),
    [(Outcome.APPROPRIATE, ""), (Outcome.APPROPRIATE, "Fine."), (Outcome.NOT_APPROPRIATE, "No.")],
)
def test_the_officer_judges_it_once_it_is_over(alice, over, officer, outcome, remark):
    emergency.review(access=over, outcome=outcome, remark=remark, by=officer, now=NOW)

    over.refresh_from_db()
    assert (over.outcome, over.remark, over.reviewed_by) == (outcome, remark, officer)
    assert deeds()[-1] == ("emergency.reviewed", outcome, "emergency", alice.pk)


@pytest.mark.parametrize("remark", ["", "  \n"])
def test_what_was_not_appropriate_is_said_in_words(over, officer, remark):
    with pytest.raises(emergency.NoRemark):
        emergency.review(
            access=over, outcome=Outcome.NOT_APPROPRIATE, remark=remark, by=officer, now=NOW
        )


@pytest.mark.parametrize(("after", "refusal"), [(LASTS - TICK, emergency.GoesOn), (LASTS, None)])
def test_what_goes_on_is_not_judged_yet(access, officer, after, refusal):
    judged = {"outcome": Outcome.APPROPRIATE, "remark": "", "by": officer, "now": NOW + after}

    if refusal:
        with pytest.raises(refusal):
            emergency.review(access=access, **judged)
    else:
        emergency.review(access=access, **judged)
    assert EmergencyAccess.objects.to_review().exists() is bool(refusal)


def test_nobody_judges_her_own(over, carol, practice):
    Membership.objects.create(user=carol.user, practice=practice, role=Role.PRIVACY_OFFICER)

    with pytest.raises(emergency.Own):
        emergency.review(
            access=over, outcome=Outcome.APPROPRIATE, remark="", by=carol.user, now=NOW
        )


def test_a_judgement_stays(over, officer):
    emergency.review(access=over, outcome=Outcome.APPROPRIATE, remark="", by=officer, now=NOW)

    with pytest.raises(emergency.ReviewedAlready):
        emergency.review(
            access=over, outcome=Outcome.NOT_APPROPRIATE, remark="No.", by=officer, now=NOW
        )
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        EmergencyAccess.objects.update(outcome=Outcome.NOT_APPROPRIATE)


def test_what_nobody_judged_stays_on_the_list_the_oldest_first(alice, carol, dr_bob, officer):
    first, second, third = (
        EmergencyAccess.objects.create(
            patient=alice,
            person=person,
            starts_at=NOW - timedelta(days=days),
            ends_at=NOW - timedelta(days=days) + LASTS,
            **WHY,
        )
        for days, person in [(90, carol.user), (2, carol.user), (30, dr_bob.user)]
    )
    emergency.review(access=third, outcome=Outcome.APPROPRIATE, remark="", by=officer, now=NOW)

    assert list(EmergencyAccess.objects.watched_by(officer).to_review()) == [first, second]


def test_an_officer_of_another_practice_sees_none(access):
    far = make_member(make_practice(name="Elsewhere"), Role.PRIVACY_OFFICER, "far@example.com")

    assert not EmergencyAccess.objects.watched_by(far).exists()


# What the database refuses.

WHOLE = {"reviewed_at": NOW + LASTS, "outcome": Outcome.APPROPRIATE, "reviewed_by": "officer"}


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("emergency_half_an_hour", {"ends_at": NOW + LASTS + TICK}),
        ("emergency_half_an_hour", {"ends_at": NOW + LASTS - TICK}),
        ("emergency_ended_before_its_time", {"ended_at": NOW - TICK}),
        ("emergency_ended_before_its_time", {"ended_at": NOW + LASTS}),
        ("emergency_reason_known", {"reason": ""}),
        ("emergency_reason_known", {"reason": "curious"}),
        ("emergency_has_circumstances", {"circumstances": ""}),
        ("emergency_review_whole", WHOLE | {"outcome": ""}),
        ("emergency_review_whole", WHOLE | {"reviewed_by": None}),
        ("emergency_review_whole", WHOLE | {"reviewed_at": None}),
        ("emergency_review_whole", {"remark": "Fine."}),
        ("emergency_review_whole", WHOLE | {"outcome": "so-so"}),
        ("emergency_not_appropriate_says_why", WHOLE | {"outcome": Outcome.NOT_APPROPRIATE}),
        ("emergency_reviewed_once_over", WHOLE | {"reviewed_at": NOW + LASTS - TICK}),
        ("emergency_reviewed_by_another", WHOLE | {"reviewed_by": "carol"}),
    ],
)
def test_the_database_refuses(alice, carol, officer, constraint, fields):
    people = {"officer": officer, "carol": carol.user}
    values = {"starts_at": NOW, "ends_at": NOW + LASTS} | WHY | fields
    values["reviewed_by"] = people.get(values.get("reviewed_by"))

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        EmergencyAccess.objects.create(patient=alice, person=carol.user, **values)


@pytest.mark.parametrize(("after", "is_refused"), [(LASTS - TICK, True), (LASTS, False)])
def test_the_database_refuses_a_second_that_is_open(alice, carol, access, after, is_refused):
    second = {"starts_at": NOW + after, "ends_at": NOW + after + LASTS, **WHY}

    if is_refused:
        with pytest.raises(IntegrityError, match="emergency_one_open"), transaction.atomic():
            EmergencyAccess.objects.create(patient=alice, person=carol.user, **second)
    else:
        EmergencyAccess.objects.create(patient=alice, person=carol.user, **second)
    assert EmergencyAccess.objects.count() == (1 if is_refused else 2)


def test_after_an_early_end_the_database_takes_another(alice, carol, access):
    emergency.end(access=access, by=carol.user, now=NOW + MINUTE)

    another = emergency.open_access(patient=alice, by=carol.user, now=NOW + MINUTE, **WHY)

    assert another.starts_at == NOW + MINUTE
