from datetime import timedelta

from django.core import mail as django_mail

from accounts import mail
from core import duties
from core.models import Duty
from tests.factories import NOW


def post(**more):
    values = {"subject": "Your code", "body": "1234", "to": "a@example.com", "has_code": True}
    mail.post(**values | more, now=NOW)


def test_a_letter_is_sent_once(db):
    post()

    duties.sweep(now=NOW)
    duties.sweep(now=NOW)

    sent = [(letter.subject, letter.body, letter.to) for letter in django_mail.outbox]
    assert sent == [("Your code", "1234", ["a@example.com"])]


def test_a_letter_that_failed_keeps_its_words_for_the_next_try(db, settings):
    works, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, "there.is.none"
    post()

    duties.sweep(now=NOW)
    settings.EMAIL_BACKEND = works
    duties.sweep(now=NOW + timedelta(minutes=1))

    assert [letter.body for letter in django_mail.outbox] == ["1234"]


def test_nobody_reads_a_letter_while_it_waits(db):
    post()

    kept = str(Duty.objects.get().payload)

    assert [word for word in ("1234", "Your code", "a@example.com") if word in kept] == []


def test_a_code_that_is_too_old_is_forgotten_unsent(db):
    post()

    duties.sweep(now=NOW + timedelta(minutes=15))

    duty = Duty.objects.get()
    assert (django_mail.outbox, duty.payload, duty.dead_at is None) == ([], {}, False)


def test_a_notice_is_sent_however_late(db):
    post(has_code=False)

    duties.sweep(now=NOW + timedelta(days=1))

    assert len(django_mail.outbox) == 1
