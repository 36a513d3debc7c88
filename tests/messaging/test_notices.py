from datetime import timedelta

from accounts import contact
from core import duties
from core.models import Duty
from messaging import messages
from tests.factories import NOW

MINUTE = timedelta(minutes=1)


def test_a_message_that_waits_is_announced_by_mail(write, alice, dr_bob, mailoutbox):
    write(dr_bob)

    duties.sweep(now=NOW + MINUTE)

    assert [mail.to for mail in mailoutbox] == [["alice@example.com"]]


def test_the_mail_says_nothing_of_whom_or_what(write, alice, dr_bob, mailoutbox, thread):
    message = write(dr_bob, "Your sleep diary")

    duties.sweep(now=NOW + MINUTE)

    mail = mailoutbox[0]
    assert mail.subject == "You have a message"
    assert mail.body.split("\n\n") == [
        "A message is waiting for you. Sign in to read it:",
        "http://127.0.0.1:8000/messages/",
        "Messages are not watched at night. In an emergency call 988 or 911.\n",
    ]
    told = str(mail.message())
    secrets = ["Bob", "Ray", "Alice", "Doe", "sleep", str(thread.id), str(message.id)]
    assert [word for word in secrets if word in told] == []


def test_what_was_read_in_time_is_not_announced(write, alice, dr_bob, thread, mailoutbox):
    write(dr_bob)
    messages.read(thread=thread, by=alice.user, now=NOW)

    duties.sweep(now=NOW + MINUTE)

    assert mailoutbox == []


def test_three_unread_messages_are_one_mail(write, alice, dr_bob, mailoutbox):
    for _ in range(3):
        write(dr_bob)

    duties.sweep(now=NOW + MINUTE)
    write(dr_bob, at=NOW + 2 * MINUTE)
    duties.sweep(now=NOW + 9 * MINUTE)

    assert len(mailoutbox) == 1


def test_after_reading_the_next_message_is_announced_again(
    write, alice, dr_bob, thread, mailoutbox
):
    write(dr_bob)
    duties.sweep(now=NOW + MINUTE)
    messages.read(thread=thread, by=alice.user, now=NOW + 2 * MINUTE)
    write(dr_bob, at=NOW + 3 * MINUTE)

    duties.sweep(now=NOW + 4 * MINUTE)

    assert len(mailoutbox) == 2


def test_each_of_the_two_gets_a_mail_of_their_own(write, alice, dr_bob, mailoutbox):
    write(dr_bob)
    write(alice)

    duties.sweep(now=NOW + MINUTE)

    assert sorted(mail.to[0] for mail in mailoutbox) == ["alice@example.com", "bob-ray@example.com"]


def test_the_duty_holds_ids_only(write, dr_bob):
    message = write(dr_bob)

    assert Duty.objects.get().payload == {"message": str(message.id)}


def wants(patient, **said):
    ordinary = {"by_mail": True, "by_text": False, "may_leave_message": False, "safe_hours": None}
    contact.save_rules(patient=patient, by=patient.user, now=NOW, **ordinary | said)


def subjects(mailoutbox):
    return [mail.subject for mail in mailoutbox]


def test_outside_the_hours_that_are_safe_for_her_the_mail_waits(write, alice, dr_bob, mailoutbox):
    wants(alice, safe_hours=(12 * 60, 13 * 60))
    write(dr_bob)

    duties.sweep(now=NOW + MINUTE)  # 9:01 where she is
    at_nine = subjects(mailoutbox)
    duties.sweep(now=NOW + 180 * MINUTE)

    assert at_nine == []
    assert "You have a message" in subjects(mailoutbox)


def test_who_wants_no_mail_gets_none_and_her_therapist_does(write, alice, dr_bob, mailoutbox):
    wants(alice, by_mail=False)
    write(dr_bob)
    write(alice)

    duties.sweep(now=NOW + MINUTE)

    assert [mail.to for mail in mailoutbox] == [["bob-ray@example.com"]]
