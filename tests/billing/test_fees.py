"""A fee for a visit that was called off late, moved late or missed."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from accounts import coverage, erasure
from accounts.models import User
from appointments import (
    attendance,
    booking,
    changing_series,
    missing,
    moving,
    repeating,
    replacing,
)
from appointments.booking import SlotTaken, TooLate
from appointments.changing_series import Scope
from appointments.models import Appointment, InvalidTransition
from appointments.repeating import Rhythm
from billing import charges, fees, ledger
from billing.models import Account, Charge, Entry, FeeDecision, FeeProposal, Line, Payment
from core.models import AuditEvent
from tests.appointments.test_models import refusal
from tests.billing import steps
from tests.factories import HOUR, NINE, NOW, make_cancellation_policy, make_visit
from tests.threads import at_once

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
LATE = NINE - HOUR
MISSED = NINE + 15 * MINUTE
CALLED_OFF = {"status": "cancelled", "cancelled_at": NOW - 30 * DAY}


def anew(visit):
    return Appointment.objects.get(pk=visit.pk)


def propose(visit, reason="noshow", **fields):
    values = {"amount_cents": 15000, "proposed_at": MISSED} | fields
    return FeeProposal.objects.create(appointment=visit, reason=reason, **values)


@pytest.fixture
def earlier(dr_bob, alice):
    """It has happened to alice before, a month ago: that was free."""
    visit = make_visit(dr_bob, alice, starts_at=NINE - 30 * DAY, **CALLED_OFF)
    proposal = propose(visit, "late-cancellation", proposed_at=NOW - 30 * DAY)
    FeeDecision.objects.create(
        proposal=proposal, kind="waived", reason="first-time", decided_at=NOW
    )
    return visit


@pytest.fixture
def proposal(earlier, visit, dr_bob):
    """Alice has missed her visit, for the second time."""
    missing.record_noshow(appointment=visit, by=dr_bob.user, now=MISSED)
    return FeeProposal.objects.get(appointment=visit)


def cancel(visit, *, by, now=LATE):
    booking.cancel(appointment=anew(visit), by=by, now=now)


def told(visit):
    """What was proposed for a visit: why, how much, and how it was decided."""
    found = FeeProposal.objects.filter(appointment=visit)
    return list(found.values_list("reason", "amount_cents", "decision__reason"))


# What is proposed


def test_a_late_cancellation_proposes_a_fee_and_charges_nothing(earlier, visit, alice):
    cancel(visit, by=alice.user)

    assert told(visit) == [("late-cancellation", 15000, None)]
    assert (Charge.objects.count(), Entry.objects.count()) == (0, 0)


def test_a_late_move_proposes_a_fee(earlier, visit, alice):
    moving.move(appointment=visit, starts_at=NINE + DAY, version=0, by=alice.user, now=LATE)

    assert told(visit) == [("late-move", 15000, None)]


def test_a_missed_visit_proposes_its_own_fee_and_tells_the_patient(
    practice, earlier, dr_bob, alice, mailoutbox
):
    rule = make_cancellation_policy(practice, late_fee_cents=5000, noshow_fee_cents=9000)
    visit = make_visit(dr_bob, alice, cancellation_policy=rule)

    missing.record_noshow(appointment=visit, by=dr_bob.user, now=MISSED)
    steps.do("notice.fee", now=MISSED)

    (letter,) = mailoutbox
    assert told(visit) == [("noshow", 9000, None)]
    assert (letter.subject, letter.to) == ("About your appointment", [alice.user.email])
    assert "Nothing has been charged." in letter.body
    assert f"/visits/{visit.pk}/" in letter.body


@pytest.mark.parametrize("word", ["Bob", "Alice", "therap", "90", "visit with"])
def test_no_letter_about_a_fee_holds_a_name_or_a_telling_word(proposal, mailoutbox, word, dr_bob):
    fees.waive(proposal=proposal, reason="goodwill", by=dr_bob.user, now=MISSED)
    steps.do("notice.fee", now=MISSED)

    (letter,) = mailoutbox  # the first one is moot: she reads the last word alone
    words = letter.body.partition("http")[0]
    assert (letter.subject, word in words) == ("No fee for your appointment", False)


def test_the_first_time_is_waived_by_the_rule_and_no_letter_goes(visit, dr_bob, mailoutbox):
    missing.record_noshow(appointment=visit, by=dr_bob.user, now=MISSED)
    steps.do("notice.fee", now=MISSED)

    assert told(visit) == [("noshow", 15000, "first-time")]
    assert FeeDecision.objects.get().by is None
    assert mailoutbox == []


def test_the_second_time_is_not(visit, dr_bob, alice):
    second = make_visit(dr_bob, alice, starts_at=NINE + DAY)
    cancel(visit, by=alice.user)
    cancel(second, by=alice.user, now=LATE + DAY)

    assert [one[2] for one in told(visit) + told(second)] == ["first-time", None]


def test_another_patients_time_does_not_count(visit, dr_bob, mallory):
    other = make_visit(dr_bob, mallory, starts_at=NINE - 9 * DAY, **CALLED_OFF)
    propose(other, "late-cancellation", proposed_at=NOW - 9 * DAY)

    missing.record_noshow(appointment=visit, by=dr_bob.user, now=MISSED)

    assert told(visit)[0][2] == "first-time"


def test_several_of_a_series_called_off_with_one_press_are_one_first_time(practice, dr_bob, alice):
    rule = make_cancellation_policy(practice, free_hours=168)
    visit = make_visit(dr_bob, alice, cancellation_policy=rule)
    second, _third = repeating.repeat(
        appointment=visit, rhythm=Rhythm(1, 3), choices={}, by=alice.user, now=NOW
    )
    moving.move(appointment=second, starts_at=NINE + DAY, version=0, by=alice.user, now=NOW)

    changing_series.cancel(appointment=anew(visit), scope=Scope.ALL, by=alice.user, now=LATE)

    late = FeeProposal.objects.filter(appointment__series__isnull=False)
    assert set(late.values_list("decision__reason", flat=True)) == {"first-time"}
    assert late.count() == 2  # the third was more than a week away


@pytest.mark.parametrize(
    ("who", "now"),
    [("alice", NINE - DAY - MINUTE), ("dr_bob", LATE)],
    ids=["in time", "by the practice"],
)
def test_no_fee_where_it_was_in_time_or_the_practice_cancelled(
    request, earlier, visit, alice, who, now
):
    cancel(visit, by=request.getfixturevalue(who).user, now=now)

    assert told(visit) == []


def test_no_fee_where_the_technology_failed(earlier, visit, dr_bob):
    missing.record_failure(appointment=visit, by=dr_bob.user, now=MISSED)

    assert told(visit) == []


def test_no_fee_where_the_practice_had_moved_it(earlier, visit, dr_bob, alice):
    moving.move(appointment=visit, starts_at=NINE + HOUR, version=0, by=dr_bob.user, now=NOW)

    cancel(visit, by=alice.user)

    assert told(visit) == []


def test_no_fee_for_giving_up_a_time_that_the_practice_had_chosen(earlier, visit, dr_bob, alice):
    moving.move(appointment=visit, starts_at=NINE + HOUR, version=0, by=dr_bob.user, now=NOW)

    moving.move(appointment=anew(visit), starts_at=NINE + DAY, version=1, by=alice.user, now=LATE)

    assert told(visit) == []


def test_no_fee_for_giving_up_a_time_with_a_colleague_whom_the_practice_had_chosen(
    earlier, visit, alice, carol, desk
):
    stead = replacing.replace(
        appointment=visit, provider=carol, starts_at=NINE, version=0, by=desk, now=NOW
    )

    moving.move(appointment=stead, starts_at=NINE + DAY, version=0, by=alice.user, now=LATE)
    later = NINE + DAY + HOUR
    moving.move(appointment=anew(stead), starts_at=later, version=1, by=alice.user, now=LATE + DAY)

    assert told(stead) == [("late-move", 15000, None)]  # of the second one, which she had chosen
    assert FeeProposal.objects.get(appointment=stead).proposed_at == LATE + DAY


@pytest.mark.parametrize("deed", ["cancel", "miss"])
def test_no_fee_where_the_payer_forbids_it(earlier, visit, alice, dr_bob, biller, deed):
    cover(alice, biller)

    if deed == "cancel":
        cancel(visit, by=alice.user)
    else:
        missing.record_noshow(appointment=visit, by=dr_bob.user, now=MISSED)

    assert told(visit) == []


def test_no_fee_of_somebody_who_is_erased(earlier, visit, alice, biller, dr_bob):
    erasure.erase(patient=alice, reason="request", by=biller, now=NINE)

    missing.record_noshow(appointment=visit, by=dr_bob.user, now=MISSED)

    assert told(visit) == []


def test_no_fee_without_a_rule(earlier, dr_bob, alice):
    visit = make_visit(dr_bob, alice, cancellation_policy=None)

    missing.record_noshow(appointment=visit, by=dr_bob.user, now=MISSED)

    assert told(visit) == []


def test_a_visit_moved_late_and_then_missed_is_one_fee(earlier, visit, alice, dr_bob):
    moving.move(appointment=visit, starts_at=NINE + DAY, version=0, by=alice.user, now=LATE)
    missing.record_noshow(appointment=anew(visit), by=dr_bob.user, now=MISSED + DAY)

    assert told(visit) == [("late-move", 15000, None)]


def cover(patient, by):
    days = {"starts_on": NOW.date(), "ends_on": None}
    coverage.enter(patient=patient, program="medicaid", by=by, now=NOW, **days)


# Charging


def test_a_fee_is_charged_to_the_card_and_entered_as_what_it_is(proposal, card, biller):
    payment = fees.charge(proposal=proposal, amount_cents=15000, by=biller, now=MISSED)

    charge = Charge.objects.get(proposal=proposal)
    lines = dict(Line.objects.values_list("account", "amount_cents"))
    assert (payment.card, payment.amount_cents, payment.status) == (card, 15000, "pending")
    assert (charge.status, charge.cpt, charge.confirmed_by) == ("confirmed", "", biller)
    assert lines == {Account.PATIENT_RECEIVABLE: 15000, Account.FEE_REVENUE: -15000}


def test_it_may_be_lowered(proposal, dr_bob):
    fees.charge(proposal=proposal, amount_cents=4000, by=dr_bob.user, now=MISSED)

    decision = fees.decision_of(proposal)
    assert (decision.kind, decision.amount_cents, decision.by) == ("charged", 4000, dr_bob.user)
    assert Charge.objects.get().amount_cents == 4000


@pytest.mark.parametrize("cents", [15001, 0, -1])
def test_it_is_never_raised_and_something_is_left_of_it(proposal, dr_bob, cents):
    with pytest.raises(fees.TooMuch):
        fees.charge(proposal=proposal, amount_cents=cents, by=dr_bob.user, now=MISSED)

    assert FeeDecision.objects.filter(proposal=proposal).count() == 0


def test_charging_twice_has_one_effect(proposal, card, dr_bob):
    asked = {"proposal": proposal, "amount_cents": 15000, "by": dr_bob.user, "now": MISSED}

    first, again = fees.charge(**asked), fees.charge(**asked)

    assert (first, Entry.objects.count(), Payment.objects.count()) == (again, 1, 1)


def test_a_payer_that_was_entered_since_forbids_it_all_the_same(proposal, alice, dr_bob, biller):
    cover(alice, biller)

    with pytest.raises(fees.Forbidden) as refused:
        fees.charge(proposal=proposal, amount_cents=1, by=dr_bob.user, now=MISSED)

    assert refused.value.rule.program == "medicaid"
    assert (Charge.objects.count(), FeeDecision.objects.filter(proposal=proposal).count()) == (0, 0)


def test_without_a_card_it_is_owed_and_the_patient_is_told(proposal, dr_bob, mailoutbox):
    payment = fees.charge(proposal=proposal, amount_cents=15000, by=dr_bob.user, now=MISSED)
    steps.do("notice.payment")

    assert (payment, Entry.objects.count()) == (None, 1)
    assert [letter.subject for letter in mailoutbox] == ["A payment needs your attention"]


def test_a_visit_that_took_place_is_charged_beside_the_fee_for_its_earlier_time(
    earlier, visit, alice, dr_bob
):
    moving.move(appointment=visit, starts_at=NINE + DAY, version=0, by=alice.user, now=LATE)
    fee = FeeProposal.objects.get(appointment=visit)
    fees.charge(proposal=fee, amount_cents=15000, by=dr_bob.user, now=LATE)
    steps.attend(visit)

    charges.draft(appointment=visit, now=NINE + DAY)
    again = charges.draft(appointment=visit, now=NINE + DAY)

    assert Charge.objects.filter(appointment=visit).count() == 2
    assert (again.proposal, again.cpt) == (None, "90834")


def test_the_books_add_up_with_a_fee(proposal, card, dr_bob):
    fees.charge(proposal=proposal, amount_cents=15000, by=dr_bob.user, now=MISSED)
    steps.do("payment.collect")

    assert sum(Line.objects.values_list("amount_cents", flat=True)) == 0
    entry = Entry.objects.get(kind="charge")
    assert ledger.reverse(entry=entry, by=dr_bob.user, now=MISSED).lines_count == 2


# Waiving


@pytest.mark.parametrize("reason", ["exempt", "failed", "practice", "payer", "goodwill"])
def test_a_fee_is_waived_with_a_reason_and_the_patient_is_told(
    proposal, dr_bob, reason, mailoutbox
):
    fees.waive(proposal=proposal, reason=reason, by=dr_bob.user, now=MISSED)
    steps.do("notice.fee", now=MISSED)

    event = AuditEvent.objects.get(action="fee.waived", by_id=dr_bob.user.pk)
    assert told(proposal.appointment) == [("noshow", 15000, reason)]
    assert (event.reason, event.patient_id) == (reason, proposal.appointment.patient_id)
    assert [letter.subject for letter in mailoutbox] == ["No fee for your appointment"]
    assert Charge.objects.count() == 0


def test_waived_twice_it_is_told_once(proposal, dr_bob, biller):
    fees.waive(proposal=proposal, reason="goodwill", by=dr_bob.user, now=MISSED)
    fees.waive(proposal=proposal, reason="goodwill", by=biller, now=MISSED)

    assert fees.decision_of(proposal).by == dr_bob.user


def test_what_is_decided_stays_decided(proposal, visit, earlier, dr_bob, alice):
    fees.waive(proposal=proposal, reason="goodwill", by=dr_bob.user, now=MISSED)

    with pytest.raises(fees.Decided):
        fees.charge(proposal=proposal, amount_cents=15000, by=dr_bob.user, now=MISSED)
    with pytest.raises(fees.Decided):
        fees.waive(proposal=proposal, reason="failed", by=dr_bob.user, now=MISSED)


def test_what_is_charged_is_neither_waived_nor_charged_otherwise(proposal, dr_bob):
    fees.charge(proposal=proposal, amount_cents=9000, by=dr_bob.user, now=MISSED)

    with pytest.raises(fees.Decided):
        fees.waive(proposal=proposal, reason="goodwill", by=dr_bob.user, now=MISSED)
    with pytest.raises(fees.Decided):
        fees.charge(proposal=proposal, amount_cents=8000, by=dr_bob.user, now=MISSED)


# It was not missed after all


def take_back(visit, *, by, now=MISSED, reason="came"):
    fees.take_back_noshow(appointment=anew(visit), reason=reason, by=by, now=now)


def test_taken_back_the_visit_is_booked_and_its_fee_is_waived(proposal, visit, dr_bob):
    take_back(visit, by=dr_bob.user)

    seen = anew(visit)
    event = AuditEvent.objects.get(action="appointment.missed-taken-back")
    assert (seen.status, seen.noshow_at, seen.noshow_by) == ("booked", None, None)
    assert told(visit) == [("noshow", 15000, "taken-back")]
    assert (event.reason, event.by_id) == ("came", dr_bob.user.pk)


def test_taken_back_the_patient_is_told_once_that_there_is_no_fee(
    proposal, visit, dr_bob, mailoutbox
):
    steps.do("notice.fee", now=MISSED)
    take_back(visit, by=dr_bob.user)
    steps.do("notice.fee", now=MISSED)

    subjects = [letter.subject for letter in mailoutbox]
    assert subjects == ["About your appointment", "No fee for your appointment"]


def test_a_first_time_that_is_taken_back_sends_no_letter(visit, dr_bob, mailoutbox):
    missing.record_noshow(appointment=visit, by=dr_bob.user, now=MISSED)
    take_back(visit, by=dr_bob.user)
    steps.do("notice.fee", now=MISSED)

    assert mailoutbox == []


def test_who_came_after_all_can_then_come_in(proposal, visit, dr_bob):
    take_back(visit, by=dr_bob.user)

    attendance.record_arrival(appointment=anew(visit), now=MISSED)

    assert anew(visit).status == "arrived"


def test_taken_back_it_does_not_count_as_the_first_time(visit, dr_bob, alice):
    missing.record_noshow(appointment=visit, by=dr_bob.user, now=MISSED)
    take_back(visit, by=dr_bob.user)
    second = make_visit(dr_bob, alice, starts_at=NINE + DAY)

    missing.record_noshow(appointment=second, by=dr_bob.user, now=MISSED + DAY)

    assert told(second) == [("noshow", 15000, "first-time")]


def test_missed_once_more_it_proposes_nothing_more(proposal, visit, dr_bob):
    take_back(visit, by=dr_bob.user)

    missing.record_noshow(appointment=anew(visit), by=dr_bob.user, now=MISSED + MINUTE)

    assert told(visit) == [("noshow", 15000, "taken-back")]


def test_a_fee_for_a_late_move_stays_when_it_is_taken_back(earlier, visit, alice, dr_bob):
    moving.move(appointment=visit, starts_at=NINE + DAY, version=0, by=alice.user, now=LATE)
    missing.record_noshow(appointment=anew(visit), by=dr_bob.user, now=MISSED + DAY)

    take_back(visit, by=dr_bob.user, now=MISSED + DAY)

    assert told(visit) == [("late-move", 15000, None)]


def test_once_the_fee_is_charged_it_stays_missed(proposal, visit, dr_bob):
    fees.charge(proposal=proposal, amount_cents=1000, by=dr_bob.user, now=MISSED)

    with pytest.raises(fees.Decided):
        take_back(visit, by=dr_bob.user)
    assert anew(visit).status == "noshow"


@pytest.mark.parametrize(("after", "is_late"), [(DAY - MINUTE, False), (DAY, True)])
def test_it_is_taken_back_within_a_day(proposal, visit, dr_bob, after, is_late):
    if is_late:
        with pytest.raises(TooLate):
            take_back(visit, by=dr_bob.user, now=MISSED + after)
    else:
        take_back(visit, by=dr_bob.user, now=MISSED + after)

    assert anew(visit).status == ("noshow" if is_late else "booked")


def test_what_was_not_missed_is_not_taken_back(visit, dr_bob):
    with pytest.raises(InvalidTransition):
        take_back(visit, by=dr_bob.user)


def test_a_time_that_somebody_else_has_by_now_is_not_taken_back(proposal, visit, dr_bob, mallory):
    make_visit(dr_bob, mallory, starts_at=NINE + 30 * MINUTE)

    with pytest.raises(SlotTaken):
        take_back(visit, by=dr_bob.user)
    assert (anew(visit).status, told(visit)) == ("noshow", [("noshow", 15000, None)])


# What the database refuses


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({}, "billing_feeproposal_appointment_id_key"),
        ({"reason": "rain"}, "fee_proposal_reason_known"),
        ({"amount_cents": 0}, "fee_proposal_costs_something"),
    ],
)
def test_a_fee_that_cannot_be_is_refused(proposal, mallory, dr_bob, fields, constraint):
    other = make_visit(dr_bob, mallory, starts_at=NINE + DAY)
    visit = other if fields else proposal.appointment

    assert refusal(lambda: propose(visit, **fields)) == constraint


CHARGED = {"kind": "charged", "amount_cents": 100, "reason": ""}
WAIVED = {"kind": "waived", "amount_cents": 0, "reason": "goodwill"}


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        (CHARGED | {"amount_cents": 0}, "fee_decision_charged_or_waived"),
        (CHARGED | {"reason": "goodwill"}, "fee_decision_charged_or_waived"),
        (WAIVED | {"amount_cents": 1}, "fee_decision_charged_or_waived"),
        (WAIVED | {"reason": ""}, "fee_decision_charged_or_waived"),
        (WAIVED | {"kind": "lost"}, "fee_decision_charged_or_waived"),
        (WAIVED | {"reason": "rain"}, "fee_decision_reason_known"),
        (WAIVED | {"by": None}, "fee_decision_by_someone_or_the_first"),
        (CHARGED | {"by": None}, "fee_decision_by_someone_or_the_first"),
        (WAIVED | {"reason": "first-time"}, "fee_decision_by_someone_or_the_first"),
        (CHARGED | {"amount_cents": 15001}, "fee_decision_at_most_as_proposed"),
    ],
)
def test_a_decision_that_cannot_be_is_refused(proposal, biller, fields, constraint):
    values = {"proposal": proposal, "decided_at": MISSED, "by": biller} | fields

    assert refusal(lambda: FeeDecision.objects.create(**values)) == constraint


def test_a_fee_is_decided_once(proposal, biller):
    values = {"proposal": proposal, "decided_at": MISSED, "by": biller}
    FeeDecision.objects.create(**values, **WAIVED)

    clash = refusal(lambda: FeeDecision.objects.create(**values, **CHARGED))

    assert clash == "billing_feedecision_proposal_id_key"


@pytest.mark.parametrize("model", [FeeProposal, FeeDecision])
@pytest.mark.parametrize("deed", ["update", "delete"])
def test_what_was_proposed_and_decided_stays(proposal, model, deed):
    rows = model.objects.all()

    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(amount_cents=1) if deed == "update" else rows._raw_delete(rows.db)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"cpt": "90834"}, "charge_fee_has_no_codes"),
        ({"minutes": 1}, "charge_fee_has_no_codes"),
        ({"modifier": "95"}, "charge_fee_has_no_codes"),
        ({"place_of_service": "10"}, "charge_fee_has_no_codes"),
        (
            {"status": "draft", "confirmed_at": None, "confirmed_by": None},
            "charge_fee_has_no_codes",
        ),
    ],
)
def test_a_fee_is_never_coded_as_care(proposal, biller, fields, constraint):
    values = {
        "appointment": proposal.appointment,
        "proposal": proposal,
        "status": "confirmed",
        "confirmed_at": MISSED,
        "confirmed_by": biller,
        "minutes": 0,
        "amount_cents": 100,
        "drafted_at": MISSED,
    }

    assert refusal(lambda: Charge.objects.create(**values | fields)) == constraint


def test_a_visit_has_one_charge_beside_its_fee(charge):
    charge.pk = None
    charge._state.adding = True

    assert refusal(charge.save) == "charge_of_visit_once"


# At once


def asked(proposal, deed):
    """Ask for a deed with rows of the thread's own."""
    mine = FeeProposal.objects.select_related("appointment__patient").get(pk=proposal.pk)
    by = User.objects.get(pk=proposal.appointment.provider.user_id)
    return deed(mine, by)


def charge_it(proposal, by):
    fees.charge(proposal=proposal, amount_cents=15000, by=by, now=MISSED)


def waive_it(proposal, by):
    fees.waive(proposal=proposal, reason="goodwill", by=by, now=MISSED)


def take_it_back(proposal, by):
    take_back(proposal.appointment, by=by)


@pytest.mark.parametrize("other", [waive_it, take_it_back])
@pytest.mark.parametrize("turn", range(3))
def test_of_who_charges_and_who_does_not_one_is_refused(transactional_db, proposal, other, turn):
    deeds = [charge_it, other, charge_it, other]

    results = at_once(4, lambda number: asked(proposal, deeds[number]))

    decisions = FeeDecision.objects.filter(proposal=proposal)
    is_charged = decisions.get().kind == "charged"
    names = sorted(type(result).__name__ for result in results)
    refused = ["Decided"] * 2
    if other is take_it_back and not is_charged:
        refused = ["Decided", "Decided", "InvalidTransition"]
    assert names == [*refused, *["NoneType"] * (4 - len(refused))]
    assert (Charge.objects.count(), Entry.objects.count()) == ((1, 1) if is_charged else (0, 0))
    assert anew(proposal.appointment).status == (
        "booked" if other is take_it_back and not is_charged else "noshow"
    )


def test_of_four_who_charge_at_once_one_does(transactional_db, proposal, card):
    results = at_once(4, lambda _: asked(proposal, charge_it))

    assert results == [None] * 4
    assert (Entry.objects.count(), Line.objects.count(), Payment.objects.count()) == (1, 2, 1)


def test_a_late_cancellation_and_a_noshow_at_once_are_one_fee(
    transactional_db, earlier, visit, alice, dr_bob
):
    deeds = [
        lambda: booking.cancel(
            appointment=anew(visit), by=User.objects.get(pk=alice.user_id), now=LATE
        ),
        lambda: missing.record_noshow(
            appointment=anew(visit), by=User.objects.get(pk=dr_bob.user_id), now=MISSED
        ),
    ]

    results = at_once(2, lambda number: deeds[number]())

    assert sorted(type(result).__name__ for result in results) == ["InvalidTransition", "NoneType"]
    reason = {"cancelled": "late-cancellation", "noshow": "noshow"}[anew(visit).status]
    assert told(visit) == [(reason, 15000, None)]
