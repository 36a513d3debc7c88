import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from core import sealing
from core.fields import Sealed
from core.models import AuditEvent
from messaging import messages, threads
from messaging.models import LONGEST, Message
from tests.factories import NINE, NOW, make_provider, make_visit
from tests.threads import at_once

MINUTE = timedelta(minutes=1)
SEALED = Sealed(b"other")  # what a column can be set to


def test_messages_are_numbered_in_their_thread(write, alice, dr_bob):
    sent = [write(alice, "One"), write(dr_bob, "Two"), write(alice, "Three")]

    assert [(m.number, m.body) for m in sent] == [(1, "One"), (2, "Two"), (3, "Three")]


def test_a_message_sent_twice_is_one(write, alice, thread):
    first = write(alice, "Hello", message_id=uuid.UUID(int=1))

    second = write(alice, "Hello", message_id=uuid.UUID(int=1), at=NOW + MINUTE)

    assert (second, second.sent_at, thread.messages.count()) == (first, NOW, 1)


def test_an_id_does_not_stand_for_other_words(write, alice):
    write(alice, "Hello", message_id=uuid.UUID(int=1))

    with pytest.raises(messages.IdTaken):
        write(alice, "Hello again", message_id=uuid.UUID(int=1))


def test_an_id_does_not_stand_for_another_author(write, alice, dr_bob):
    write(alice, "Hello", message_id=uuid.UUID(int=1))

    with pytest.raises(messages.IdTaken):
        write(dr_bob, "Hello", message_id=uuid.UUID(int=1))


def test_an_id_does_not_stand_for_another_thread(write, alice, carol, visit):
    write(alice, "Hello", message_id=uuid.UUID(int=1))
    make_visit(carol, alice, starts_at=visit.starts_at + timedelta(days=1))
    other = threads.open_thread(patient=alice, provider=carol, now=NOW)

    with pytest.raises(messages.IdTaken):
        messages.send(
            thread=other, body="Hello", message_id=uuid.UUID(int=1), by=alice.user, now=NOW
        )


@pytest.mark.parametrize("stranger", ["carol", "mallory"])
def test_a_stranger_cannot_write(write, stranger, request):
    with pytest.raises(messages.NotInThread):
        write(request.getfixturevalue(stranger))


def test_sending_leaves_ids_in_the_audit_trail(write, alice):
    message = write(alice)

    event = AuditEvent.objects.get(action="message.sent")
    assert (event.by_id, event.patient_id, event.subject_id, event.at) == (
        alice.user.pk,
        alice.pk,
        str(message.pk),
        NOW,
    )


def test_reading_marks_what_the_other_wrote(write, alice, dr_bob, thread):
    write(dr_bob, "From Bob")
    write(alice, "From Alice")

    messages.read(thread=thread, by=alice.user, now=NOW + MINUTE)

    assert list(thread.messages.values_list("read_at", flat=True)) == [NOW + MINUTE, None]


def test_reading_later_keeps_the_first_time(write, alice, dr_bob, thread):
    write(dr_bob)
    messages.read(thread=thread, by=alice.user, now=NOW + MINUTE)

    messages.read(thread=thread, by=alice.user, now=NOW + 2 * MINUTE)

    assert thread.messages.get().read_at == NOW + MINUTE


def test_seen_on_an_open_page_is_read_up_to_there(write, alice, dr_bob, thread):
    for body in ("One", "Two", "Three"):
        write(dr_bob, body)

    messages.mark_read(thread=thread, by=alice.user, now=NOW, up_to=2)

    unread = thread.messages.unread_by(alice.user)
    assert [message.body for message in unread] == ["Three"]


def test_a_page_shows_the_last_messages_oldest_first(write, alice, thread, monkeypatch):
    monkeypatch.setattr(messages, "PAGE", 2)
    for body in ("One", "Two", "Three", "Four", "Five"):
        write(alice, body)

    last = messages.read(thread=thread, by=alice.user, now=NOW)
    earlier = messages.read(thread=thread, by=alice.user, now=NOW, before=4)

    assert [m.body for m in last] == ["Four", "Five"]
    assert [m.body for m in earlier] == ["Two", "Three"]


def test_catching_up_misses_nothing(write, alice, thread, monkeypatch):
    monkeypatch.setattr(messages, "PAGE", 2)
    for body in ("One", "Two", "Three", "Four"):
        write(alice, body)

    missed = messages.catch_up(thread=thread, by=alice.user, now=NOW, after=1)

    assert [m.body for m in missed] == ["Two", "Three", "Four"]


def test_reading_is_in_the_audit_trail(write, alice, dr_bob, thread):
    write(alice)

    messages.read(thread=thread, by=dr_bob.user, now=NOW)

    event = AuditEvent.objects.get(action="thread.read")
    assert (event.by_id, event.patient_id) == (dr_bob.user.pk, alice.pk)


@pytest.mark.parametrize(
    "change",
    [
        {"body": SEALED},
        {"sent_at": NOW + MINUTE},
        {"read_at": NOW, "body": SEALED},
        {"number": 7},
    ],
)
def test_the_database_refuses_to_change_a_message(write, alice, thread, change):
    write(alice)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        thread.messages.update(**change)


@pytest.mark.parametrize("later", [NOW + MINUTE, None])
def test_the_database_refuses_to_change_when_it_was_read(write, alice, thread, later):
    write(alice)
    thread.messages.update(read_at=NOW)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        thread.messages.update(read_at=later)


def test_the_database_refuses_to_delete_a_message(write, alice, thread):
    write(alice)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        thread.messages.all().delete()


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"body": ""}, "message_has_words"),
        ({"number": 1}, "message_numbered_once"),
    ],
)
def test_the_database_refuses_an_impossible_message(write, alice, thread, fields, constraint):
    write(alice)
    values = {"id": uuid.uuid4(), "number": 2, "body": "Hello", "sent_at": NOW}

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Message.objects.create(thread=thread, author=alice.user, **values | fields)


def test_the_database_refuses_more_than_the_longest_message_could_be(write, alice):
    """Of the widest characters, that is; the field counts them one by one before it seals them."""
    write(alice)
    longer = sealing.OVERHEAD + 4 * LONGEST + 1

    with (
        pytest.raises(IntegrityError, match="message_not_too_long"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO messaging_message (id, thread_id, number, author_id, body, sent_at)"
            " SELECT gen_random_uuid(), thread_id, 2, author_id, decode(repeat('00', %s), 'hex'),"
            " sent_at FROM messaging_message",
            [longer],
        )


def test_a_message_that_is_one_character_too_long_is_not_sealed(write, alice):
    with pytest.raises(ValueError, match="holds 4000 characters, not 4001"):
        write(alice, "x" * (LONGEST + 1))


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_are_eight_messages_without_gaps(write, alice, dr_bob, thread):
    numbers = at_once(8, lambda n: write(alice if n % 2 else dr_bob, f"{n}").number)

    assert sorted(numbers) == [1, 2, 3, 4, 5, 6, 7, 8]


@pytest.mark.django_db(transaction=True)
def test_the_same_message_eight_times_at_once_is_one(write, alice, thread):
    numbers = at_once(8, lambda _: write(alice, "Hello", message_id=uuid.UUID(int=1)).number)

    assert (numbers, thread.messages.count()) == ([1] * 8, 1)


@pytest.mark.django_db(transaction=True)
def test_an_id_sent_to_several_threads_at_once_is_one_message(practice, alice):
    providers = [make_provider(practice, f"Provider {letter}") for letter in "abcdef"]
    starts = [NINE + timedelta(days=day) for day in range(len(providers))]
    visits = [make_visit(p, alice, starts_at=at) for p, at in zip(providers, starts, strict=True)]
    opened = [threads.open_for(visit, now=NOW) for visit in visits]

    def send(number):
        return messages.send(
            thread=opened[number], body="Hi", message_id=uuid.UUID(int=1), by=alice.user, now=NOW
        )

    results = at_once(len(opened), send)

    kinds = sorted(type(result).__name__ for result in results)
    assert kinds == ["IdTaken"] * (len(opened) - 1) + ["Message"]
    assert Message.objects.count() == 1
