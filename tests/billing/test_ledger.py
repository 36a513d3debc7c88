from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from billing import ledger
from billing.ledger import Leg
from billing.models import Account, Entry, Line
from tests.factories import NOW, make_practice
from tests.threads import at_once

OWED = Account.PATIENT_RECEIVABLE
REVENUE = Account.REVENUE


@pytest.fixture
def post(practice):
    """Post a charge of some cents, by nobody."""

    def charge(cents=15000, source_id="a", lines=None):
        lines = lines or [Leg(OWED, cents), Leg(REVENUE, -cents)]
        kind = Entry.Kind.CHARGE
        return ledger.post(kind=kind, source_id=source_id, lines=lines, by=None, now=NOW)

    return charge


def lines_of(entry):
    return sorted((line.account, line.amount_cents) for line in entry.lines.all())


def test_an_entry_has_its_lines(post):
    entry = post(15000)

    assert lines_of(entry) == [("patient-receivable", 15000), ("revenue", -15000)]


def test_a_leg_of_nothing_is_left_out(post):
    entry = post(lines=[Leg(OWED, 5), Leg(REVENUE, -5), Leg(Account.CARD_FEES, 0)])

    assert (entry.lines_count, entry.lines.count()) == (2, 2)


def test_a_source_is_posted_once(post):
    first = post(15000)
    again = post(15000)

    assert (again, Line.objects.count()) == (first, 2)


def test_a_source_posted_with_another_amount_is_refused(post):
    post(15000)

    with pytest.raises(ledger.PostedDifferently):
        post(15001)


def test_the_patient_of_a_line_is_part_of_what_was_posted(post, alice, mallory):
    post(lines=[Leg(OWED, 100, alice), Leg(REVENUE, -100)])

    with pytest.raises(ledger.PostedDifferently):
        post(lines=[Leg(OWED, 100, mallory), Leg(REVENUE, -100)])


@pytest.mark.parametrize(
    "lines", [[], [Leg(OWED, 0)], [Leg(OWED, 5)], [Leg(OWED, 5), Leg(REVENUE, -4)]]
)
def test_lines_that_do_not_balance_are_refused(practice, lines):
    with pytest.raises(ledger.Unbalanced):
        ledger.post(kind=Entry.Kind.CHARGE, source_id="a", lines=lines, by=None, now=NOW)

    assert Entry.objects.count() == 0


def test_two_who_post_the_same_source_at_once_make_one_entry(transactional_db):
    make_practice()
    lines = [Leg(OWED, 15000), Leg(REVENUE, -15000)]

    def post(_):
        kind = Entry.Kind.CHARGE
        return ledger.post(kind=kind, source_id="a", lines=lines, by=None, now=NOW).pk

    entries = at_once(8, post)

    assert (len(set(entries)), Line.objects.count()) == (1, 2)


def test_a_reversal_is_the_mirror_image(post, biller):
    entry = post(15000)

    mirror = ledger.reverse(entry=entry, by=biller, now=NOW + timedelta(days=1))

    assert lines_of(mirror) == [("patient-receivable", -15000), ("revenue", 15000)]
    assert (mirror.reverses, mirror.by) == (entry, biller)


def test_an_entry_is_reversed_once(post, biller):
    entry = post(15000)

    first = ledger.reverse(entry=entry, by=biller, now=NOW)
    again = ledger.reverse(entry=entry, by=biller, now=NOW)

    assert (again, Entry.objects.count()) == (first, 2)


# What the database refuses, whoever writes.


def insert_entry(**fields):
    values = {"kind": "charge", "source_id": "x", "lines_count": 2, "posted_at": NOW}
    return Entry.objects.create(**values | fields)


def insert_line(entry, cents, account="revenue"):
    return Line.objects.create(entry=entry, account=account, amount_cents=cents)


def commit():
    """Make the deferred triggers speak as they would at the end of the transaction."""
    connection.check_constraints()


@contextmanager
def refused_at_commit(words):
    with pytest.raises(IntegrityError, match=words), transaction.atomic():  # noqa: PT012 -- the commit is what raises
        yield
        commit()


def test_the_database_refuses_an_entry_without_lines(practice):
    with refused_at_commit("is not whole: 0 lines of 2"):
        insert_entry()


def test_the_database_refuses_an_entry_that_does_not_balance(practice):
    with refused_at_commit("is not whole: 2 lines of 2, sum 1 cents"):
        entry = insert_entry()
        insert_line(entry, 100)
        insert_line(entry, -99)


def test_the_database_refuses_a_single_line(practice):
    with refused_at_commit("is not whole: 1 lines of 1"):
        insert_line(insert_entry(lines_count=1), 100)


def test_the_database_refuses_lines_that_join_an_entry_later(post):
    entry = post(15000)
    commit()

    with refused_at_commit("is not whole: 4 lines of 2"):
        insert_line(entry, 7)
        insert_line(entry, -7)


def test_the_database_accepts_lines_in_batches(practice):
    entries = [insert_entry(source_id=str(n)) for n in range(3)]
    Line.objects.bulk_create(
        [Line(entry=e, account=OWED, amount_cents=1) for e in entries]
        + [Line(entry=e, account=REVENUE, amount_cents=-1) for e in entries]
    )

    commit()

    assert Line.objects.count() == 6


@pytest.mark.parametrize("model", [Entry, Line])
def test_the_database_refuses_to_change_what_is_posted(post, model):
    post(15000)

    with pytest.raises(IntegrityError, match="is append-only"), transaction.atomic():
        model.objects.update(id=F("id"))


@pytest.mark.parametrize("model", [Entry, Line])
def test_the_database_refuses_to_delete_what_is_posted(post, model):
    post(15000)
    rows = model.objects.all()

    with pytest.raises(IntegrityError, match="is append-only"), transaction.atomic():
        rows._raw_delete(rows.db)


def test_the_database_refuses_a_second_entry_of_one_source(post):
    post(source_id="a")

    with pytest.raises(IntegrityError, match="entry_once_a_source"), transaction.atomic():
        insert_entry(source_id="a")


def test_the_database_refuses_a_second_reversal(post, biller):
    entry = post()
    ledger.reverse(entry=entry, by=biller, now=NOW)

    with pytest.raises(IntegrityError, match="reverses_id"), transaction.atomic():
        insert_entry(kind="reversal", source_id="other", reverses=entry)


@pytest.mark.parametrize(("kind", "of_something"), [("reversal", False), ("charge", True)])
def test_the_database_refuses_a_reversal_of_nothing_and_a_charge_of_something(
    post, kind, of_something
):
    reverses = post() if of_something else None

    with pytest.raises(IntegrityError, match="entry_reversal_of_something"), transaction.atomic():
        insert_entry(kind=kind, reverses=reverses)


def test_the_database_refuses_a_line_of_nothing(practice):
    with pytest.raises(IntegrityError, match="line_not_zero"), transaction.atomic():
        insert_line(insert_entry(), 0)


def test_the_database_refuses_an_unknown_account(practice):
    with pytest.raises(IntegrityError, match="line_account_known"), transaction.atomic():
        insert_line(insert_entry(), 5, account="slush-fund")
