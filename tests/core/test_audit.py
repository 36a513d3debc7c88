"""The trail: what a row says, how rows are chained, and what the database refuses."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from core import audit, verification
from core.models import AuditEvent, AuditHead
from tests.factories import NOW
from tests.threads import at_once
from tests.web_role import as_owner, unguarded

GENESIS = "0" * 64


def saw(*patients, by=None, at=NOW):
    audit.record_reads("chart.read", patient_ids=[p.pk for p in patients], by=by, at=at)


def events(*fields):
    return list(AuditEvent.objects.order_by("chain", "number").values_list(*fields))


# What a row says.


def test_a_provider_acts_as_one(alice, dr_bob):
    audit.record("note.signed", subject=alice, by=dr_bob.user, at=NOW, patient_id=alice.pk)

    assert events("action", "by_id", "role", "patient_id", "on_behalf_of_id") == [
        ("note.signed", dr_bob.user_id, "provider", alice.pk, None)
    ]


def test_a_patient_acts_as_one(alice):
    saw(alice, by=alice.user)

    assert events("by_id", "role", "on_behalf_of_id") == [(alice.user_id, "patient", None)]


def test_a_guardian_acts_for_the_child(kit):
    saw(kit, by=kit.user)

    assert events("by_id", "role", "on_behalf_of_id") == [(kit.user_id, "guardian", kit.pk)]


def test_staff_act_in_their_role(alice, biller):
    saw(alice, by=biller)

    assert events("role") == [("billing",)]


def test_who_has_no_role_has_none_on_the_trail(alice, django_user_model):
    saw(alice, by=django_user_model.objects.create_user("new@example.com"))

    assert events("role") == [("",)]


def test_the_role_can_be_named(alice, dr_bob):
    audit.record_reads(
        "chart.read", patient_ids=[alice.pk], by=dr_bob.user, at=NOW, role="supervisor"
    )

    assert events("role") == [("supervisor",)]


def test_reason_and_purpose_are_kept(alice, dr_bob):
    audit.record(
        "chart.read",
        subject=alice,
        by=dr_bob.user,
        at=NOW,
        patient_id=alice.pk,
        reason="emergency",
        purpose="treatment",
    )

    assert events("reason", "purpose") == [("emergency", "treatment")]


def test_a_read_of_several_patients_is_a_row_each(alice, mallory, dr_bob):
    saw(mallory, alice, mallory, by=dr_bob.user)

    assert events("patient_id", "subject_type", "subject_id") == [
        (alice.pk, "accounts.patient", str(alice.pk)),
        (mallory.pk, "accounts.patient", str(mallory.pk)),
    ]


def test_a_read_of_nobody_is_no_row(db):
    saw()

    assert events("pk") == []


def test_reads_are_written_with_one_question(alice, mallory, dr_bob, django_assert_num_queries):
    saw(alice, by=dr_bob.user)  # who he is has been asked for then

    with django_assert_num_queries(1):
        saw(alice, mallory, by=dr_bob.user)


# Reads by the keys that were used: `accounts.reading` writes these around each page.

TOLD = ("action", "at", "by_id", "on_behalf_of_id", "role", "reason", "purpose", "patient_id",
        "subject_type", "subject_id", "chain")  # fmt: skip


def opened(*owners, by=None, takes_some=False):
    said = {"by": by, "at": NOW, "purpose": "treatment", "takes_some": takes_some}
    return audit.record_opened("chart.read", owners=owners, **said)


@pytest.mark.parametrize("who", ["dr_bob", "alice", "kit", "mallory", None])
def test_a_read_by_key_says_what_a_read_by_number_says(request, alice, kit, who):
    by = request.getfixturevalue(who).user if who else None
    audit.record_reads(
        "chart.read", patient_ids=[kit.pk, alice.pk], by=by, at=NOW, purpose="treatment"
    )
    by_number = events(*TOLD)

    assert opened(kit.ref, alice.ref, by=by)

    assert sorted(events(*TOLD), key=str) == sorted(by_number * 2, key=str)


def test_reads_by_key_are_links_of_their_chains(alice, mallory):
    opened(alice.ref)
    opened(mallory.ref, alice.ref)

    assert events("chain", "number") == [(alice.pk, 1), (alice.pk, 2), (mallory.pk, 1)]
    assert verification.verify().broken == []


def test_they_are_taken_in_the_order_of_the_patients(alice, mallory, kit):
    opened(kit.ref, mallory.ref, alice.ref)

    taken = AuditEvent.objects.order_by("id").values_list("patient_id", flat=True)
    assert list(taken) == sorted([alice.pk, mallory.pk, kit.pk])


def test_where_somebody_is_not_found_no_row_is_written_or_those_of_the_others(alice):
    nobody = uuid4()

    assert not opened(alice.ref, nobody)
    assert events("patient_id") == []

    assert opened(alice.ref, nobody, takes_some=True)
    assert events("patient_id") == [(alice.pk,)]


def test_reads_by_key_are_written_with_one_question(
    alice, mallory, dr_bob, django_assert_num_queries
):
    opened(alice.ref, by=dr_bob.user)

    with django_assert_num_queries(1):
        opened(alice.ref, mallory.ref, by=dr_bob.user)


# How rows are chained.


def test_each_patient_has_a_chain(alice, mallory, practice):
    saw(alice, mallory)
    saw(alice)
    audit.record("practice.opened", subject=practice, by=None, at=NOW)

    assert events("chain", "number") == [
        (0, 1),
        (alice.pk, 1),
        (alice.pk, 2),
        (mallory.pk, 1),
    ]


def test_a_link_is_the_hash_of_the_link_before_and_the_row(alice, dr_bob):
    at = datetime(2026, 12, 1, 15, 0, 0, 123456, tzinfo=UTC)
    audit.record(
        "note.signed", subject=alice, by=dr_bob.user, at=at, patient_id=alice.pk, reason="x"
    )
    event = AuditEvent.objects.get()

    micros = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    row = [
        alice.pk, 1, event.pk, micros, "note.signed", dr_bob.user_id, None, "provider", "x", "", "",
        alice.pk, "accounts.patient", str(alice.pk),
    ]  # fmt: skip
    assert event.previous == GENESIS
    assert event.hash == hashlib.sha256((GENESIS + json.dumps(row)).encode()).hexdigest()


def test_a_link_follows_the_one_before(alice):
    saw(alice)
    saw(alice)

    (first, second) = AuditEvent.objects.order_by("number")
    assert second.previous == first.hash
    assert AuditHead.objects.values_list("chain", "number", "hash").get() == (
        alice.pk, 2, second.hash,
    )  # fmt: skip


def test_what_is_handed_in_for_the_chain_does_not_count(alice):
    AuditEvent.objects.create(
        action="x", at=NOW, patient_id=alice.pk, chain=7, number=99, previous="a", hash="b"
    )

    assert events("chain", "number", "previous") == [(alice.pk, 1, GENESIS)]


def test_what_is_rolled_back_leaves_no_gap(alice):
    saw(alice)
    with transaction.atomic():
        saw(alice)
        transaction.set_rollback(True)
    saw(alice)

    assert events("number") == [(1,), (2,)]


@pytest.mark.django_db(transaction=True)
def test_links_of_many_writers_follow_one_another(alice):
    def write_five(_number):
        for _ in range(5):
            saw(alice)

    assert at_once(8, write_five) == [None] * 8

    links = events("number", "previous", "hash")
    assert [number for number, _, _ in links] == list(range(1, 41))
    assert [previous for _, previous, _ in links] == [GENESIS, *(own for _, _, own in links[:-1])]


@pytest.mark.django_db(transaction=True)
def test_readers_of_the_same_patients_do_not_lock_each_other_out(alice, mallory, kit):
    """Half of them name the patients the other way round, and each reads ten times."""
    people = [alice, mallory, kit]

    def read(number):
        for _ in range(10):
            saw(*(people if number % 2 else reversed(people)))

    assert at_once(8, read) == [None] * 8
    assert AuditHead.objects.values_list("number", flat=True).distinct().get() == 80


@pytest.mark.django_db(transaction=True)
def test_the_order_is_what_keeps_them_apart(alice, mallory):
    """The control: in no order, two readers do lock each other out."""

    def read(number):
        first, second = (alice, mallory) if number else (mallory, alice)
        for _ in range(200):
            with transaction.atomic():
                saw(first)
                saw(second)

    outcomes = at_once(2, read)

    assert ["deadlock detected" in str(outcome) for outcome in outcomes].count(True) == 1


# What the database refuses.


@pytest.mark.parametrize("field", ["action", "role", "reason", "purpose"])
def test_words_are_refused_where_a_code_belongs(alice, field):
    values = {"action": "x", "at": NOW, "patient_id": alice.pk, field: "Alice D"}

    with pytest.raises(IntegrityError, match="audit_codes_only"):
        AuditEvent.objects.create(**values)


def test_a_number_is_given_once(alice):
    saw(alice)
    again = AuditEvent(action="x", at=NOW, chain=alice.pk, number=1)

    with pytest.raises(IntegrityError, match="audit_number_once"), unguarded():
        again.save()


CHANGES = {
    "UPDATE": "UPDATE {} SET hash = 'x'",
    "DELETE": "DELETE FROM {}",
    "TRUNCATE": "TRUNCATE {}",
}
INSERT_HEAD = "INSERT INTO core_audithead VALUES (9, 1, 'x')"
TABLES = ["core_auditevent", "core_audithead"]


def run(statement):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_even_the_owner_is_refused(alice, change, table):
    saw(alice)

    with as_owner(), pytest.raises(IntegrityError, match=f"{table} is "):
        run(change.format(table))


def test_even_the_owner_makes_no_head(db):
    with as_owner(), pytest.raises(IntegrityError, match="written by its trigger only"):
        run(INSERT_HEAD)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_the_web_role_has_no_right_to(alice, change, table):
    saw(alice)

    with pytest.raises(ProgrammingError, match=f"permission denied for table {table}"):
        run(change.format(table))


@pytest.mark.parametrize(
    "deed",
    [
        INSERT_HEAD,
        "ALTER TABLE core_auditevent DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_link ON core_auditevent",
        "CREATE TRIGGER mine BEFORE INSERT ON core_auditevent EXECUTE FUNCTION refuse_change()",
        "DROP FUNCTION audit_link() CASCADE",
        "SET session_replication_role = replica",
        "CREATE TABLE mine (id int)",
        "DELETE FROM django_migrations",
    ],
)
def test_the_web_role_cannot_get_around_it(db, deed):
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        run(deed)
