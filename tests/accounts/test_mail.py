from datetime import timedelta

import pytest
from django.core import mail as django_mail

from accounts import mail
from core import duties
from core.models import Duty
from tests.factories import NOW


@pytest.fixture
def broken_mail(settings):
    settings.EMAIL_BACKEND = "there.is.none"


def post(**more):
    values = {"subject": "Your code", "body": "1234", "to": "a@example.com", "has_code": True}
    mail.post(**values | more, now=NOW)


def test_a_letter_is_sent_once(db):
    post()

    duties.sweep(now=NOW)
    duties.sweep(now=NOW)

    sent = [(letter.subject, letter.body, letter.to) for letter in django_mail.outbox]
    assert sent == [("Your code", "1234", ["a@example.com"])]


def test_a_letter_that_failed_keeps_its_words_for_the_next_try(db, broken_mail):
    post()

    duties.sweep(now=NOW)

    assert (Duty.objects.get().done_at, Duty.objects.get().payload["body"]) == (None, "1234")


def test_a_code_that_is_too_old_is_forgotten_unsent(db):
    post()

    duties.sweep(now=NOW + timedelta(minutes=15))

    duty = Duty.objects.get()
    assert (django_mail.outbox, duty.payload, duty.dead_at is None) == ([], {}, False)


def test_a_notice_is_sent_however_late(db):
    post(has_code=False)

    duties.sweep(now=NOW + timedelta(days=1))

    assert len(django_mail.outbox) == 1
