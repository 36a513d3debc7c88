"""Reminders: when each is due, by what it comes, that it comes once, and when it does not come."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from accounts import contact
from appointments import attendance, booking, delivery, reminders
from appointments.models import Appointment
from appointments.reminders import DAYS, HOUR, WEEK
from core import duties, mailbox, text_messages
from core.models import AuditEvent, Duty
from sessions import join_notices
from tests.appointments.test_notices import TELLING
from tests.factories import NINE, NOW, make_visit

MINUTE, AN_HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CHICAGO = ZoneInfo("America/Chicago")
LATER = NINE + 14 * DAY  # far enough ahead for every reminder
KINDS = {WEEK, DAYS, HOUR, "notice.join"}


@pytest.fixture
def texts(settings, tmp_path):
    """Text messages go to a folder of their own, since mails go to the outbox of the tests."""
    settings.SMS_URL, settings.MAILBOX_DIR = "mailbox:", tmp_path


def book(provider, patient, *, starts_at=LATER, now=NOW):
    held = booking.hold(provider=provider, starts_at=starts_at, holder="h", state="IL", now=now)
    return booking.confirm(appointment=held, patient=patient, by=patient.user, now=now)


def wants(patient, **said):
    ordinary = {"by_mail": True, "by_text": False, "may_leave_message": False, "safe_hours": None}
    contact.save_rules(patient=patient, by=patient.user, now=NOW, **ordinary | said)


def planned():
    """What is to be sent before a visit: kind and channel, and when."""
    rows = Duty.objects.filter(kind__in=KINDS).order_by("due_at", "kind")
    return [(duty.kind, duty.payload["channel"], duty.due_at) for duty in rows]


def ended(kind):
    """How the duties of a kind ended: whether done, and the reason."""
    rows = Duty.objects.filter(kind=kind).order_by("key")
    return [(duty.done_at is not None, duty.error) for duty in rows]


def at(text, zone=CHICAGO):
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def sent(mailoutbox, subject="Your appointment is coming up"):
    return [letter for letter in mailoutbox if letter.subject == subject]


# What is planned, and when


def test_a_visit_is_reminded_of_a_week_two_days_and_an_hour_before(dr_bob, alice):
    book(dr_bob, alice)

    assert planned() == [
        (WEEK, "mail", LATER - 7 * DAY),
        (DAYS, "mail", LATER - 2 * DAY),
        ("notice.join", "mail", LATER - AN_HOUR),
    ]


def test_each_channel_that_she_has_chosen_has_a_row_of_its_own(dr_bob, alice, texts):
    wants(alice, by_text=True)
    book(dr_bob, alice)

    assert sorted(planned()) == sorted(
        [
            (WEEK, "mail", LATER - 7 * DAY),
            (WEEK, "text", LATER - 7 * DAY),
            (DAYS, "mail", LATER - 2 * DAY),
            (DAYS, "text", LATER - 2 * DAY),
            ("notice.join", "mail", LATER - AN_HOUR),
            (HOUR, "text", LATER - AN_HOUR),
        ]
    )


def test_the_database_keeps_one_row_a_version_kind_and_channel(dr_bob, alice):
    visit = book(dr_bob, alice)
    key = f"{visit.id}:{visit.version}:mail:patient"
    reminders.plan(visit, now=NOW)
    reminders.plan(visit, now=NOW)

    assert Duty.objects.filter(kind=WEEK, key=key).count() == 1
    with pytest.raises(IntegrityError, match="duty_once"), transaction.atomic():
        Duty.objects.create(kind=WEEK, key=key, due_at=NOW)


def test_what_would_have_been_due_before_the_booking_is_left_out(dr_bob, alice):
    book(dr_bob, alice, now=LATER - 3 * DAY)

    assert [kind for kind, _channel, _at in planned()] == [DAYS, "notice.join"]


def test_whoever_books_within_the_hour_gets_the_way_in_at_once_and_no_text(visit, alice, texts):
    wants(alice, by_text=True)
    Duty.objects.all().delete()
    now = NINE - 40 * MINUTE

    reminders.plan(visit, now=now)
    join_notices.plan(appointment=visit, now=now)

    assert planned() == [("notice.join", "mail", now)]


def test_a_booking_that_is_undone_plans_nothing(dr_bob, alice, db):
    with transaction.atomic():
        book(dr_bob, alice)
        transaction.set_rollback(True)

    assert planned() == []


@pytest.mark.parametrize(
    ("starts", "hour_before"),
    [
        ("2027-06-09 10:00", "2027-06-09 09:00"),
        ("2027-06-09 09:00", "2027-06-09 08:00"),
        ("2027-06-09 08:30", "2027-06-09 08:00"),  # half an hour is enough to come in
        ("2027-06-09 08:15", "2027-06-08 20:00"),  # a quarter is not: the evening before
        ("2027-06-09 07:00", "2027-06-08 20:00"),
        ("2027-06-09 21:30", "2027-06-09 20:30"),
        ("2027-06-09 22:00", "2027-06-09 20:00"),  # at nine it is quiet
        ("2027-06-09 00:15", "2027-06-08 20:00"),
        ("2027-03-14 08:30", "2027-03-14 08:00"),  # the night was an hour shorter
        ("2027-11-07 08:15", "2027-11-06 20:00"),  # the night was an hour longer
    ],
)
def test_the_last_reminder_comes_in_waking_hours_and_in_time(dr_bob, alice, starts, hour_before):
    visit = make_visit(dr_bob, alice, starts_at=at(starts))

    assert reminders.due_at(HOUR, visit) == at(hour_before)


@pytest.mark.parametrize(
    ("starts", "kind", "due"),
    [
        ("2027-06-09 22:00", WEEK, "2027-06-03 08:00"),
        ("2027-06-09 06:00", DAYS, "2027-06-07 08:00"),
        ("2027-03-15 10:00", DAYS, "2027-03-13 10:00"),  # clocks go forward in between
        ("2027-03-16 02:30", DAYS, "2027-03-14 08:00"),  # a time that was skipped, at night
        ("2027-11-08 10:00", DAYS, "2027-11-06 10:00"),  # and back
        ("2027-11-08 10:00", WEEK, "2027-11-01 10:00"),
        ("2027-11-09 01:30", DAYS, "2027-11-07 08:00"),  # a time that was there twice
    ],
)
def test_days_are_counted_on_the_wall_where_she_is(dr_bob, alice, starts, kind, due):
    visit = make_visit(dr_bob, alice, starts_at=at(starts))

    assert reminders.due_at(kind, visit) == at(due)


def test_her_wall_counts_and_not_the_providers(dr_bob, alice):
    alice.zone = "Pacific/Honolulu"
    visit = make_visit(dr_bob, alice, starts_at=at("2027-06-09 10:00"))  # 5:00 there

    assert reminders.due_at(DAYS, visit) == at("2027-06-07 08:00", ZoneInfo("Pacific/Honolulu"))
    assert reminders.due_at(HOUR, visit) == at("2027-06-08 20:00", ZoneInfo("Pacific/Honolulu"))


@pytest.mark.parametrize(
    ("hours", "kind", "due"),
    [
        ((12 * 60, 14 * 60), WEEK, "2027-06-02 12:00"),
        ((12 * 60, 14 * 60), HOUR, "2027-06-08 13:00"),
        ((12 * 60, 12 * 60 + 20), HOUR, "2027-06-08 12:00"),
        ((22 * 60, 24 * 60), DAYS, "2027-06-07 22:00"),
        ((22 * 60, 24 * 60), HOUR, "2027-06-08 23:00"),
    ],
)
def test_hours_that_she_has_chosen_take_the_place_of_the_ordinary(dr_bob, alice, hours, kind, due):
    wants(alice, safe_hours=hours)
    visit = make_visit(dr_bob, alice, starts_at=at("2027-06-09 10:00"))

    assert reminders.due_at(kind, visit) == at(due)


def test_a_channel_that_she_chooses_later_is_planned_for_the_visits_ahead(dr_bob, alice, texts):
    book(dr_bob, alice)

    wants(alice, by_text=True)

    assert {kind for kind, channel, _at in planned() if channel == "text"} == {WEEK, DAYS, HOUR}
    assert len(planned()) == 6


# What is sent


def test_each_reminder_is_sent_once(dr_bob, alice, mailoutbox):
    visit = book(dr_bob, alice)

    for now in (LATER - 7 * DAY, LATER - 7 * DAY, LATER - 2 * DAY, LATER - AN_HOUR, LATER):
        duties.sweep(now=now)
        duties.sweep(now=now)

    assert [letter.to for letter in sent(mailoutbox)] == [["alice@example.com"]] * 2
    assert len(sent(mailoutbox, "Your appointment is soon")) == 1
    assert f"http://127.0.0.1:8000/visits/{visit.id}/response/\n" in sent(mailoutbox)[0].body
    assert "9:00\u202fAM, Central Time (Chicago)" in sent(mailoutbox)[0].body


def test_an_hour_before_there_is_one_letter_and_it_holds_the_way_in(dr_bob, alice, mailoutbox):
    book(dr_bob, alice)
    Duty.objects.exclude(kind__in=KINDS).delete()

    duties.sweep(now=LATER - 2 * DAY)
    mailoutbox.clear()
    duties.sweep(now=LATER - AN_HOUR)

    [letter] = mailoutbox
    assert letter.subject == "Your appointment is soon"
    assert "/join/#" in letter.body


def test_a_text_says_the_same_in_few_signs(dr_bob, alice, texts):
    wants(alice, by_mail=False, by_text=True)
    visit = book(dr_bob, alice)
    Duty.objects.exclude(kind=HOUR).delete()

    duties.sweep(now=LATER - AN_HOUR)

    [text] = mailbox.letters()
    assert text["To"] == "+13125550123"
    assert text.get_content() == (
        "Your appointment is soon.\n"
        "Thursday, December 17, 2026, 9:00 AM, Central Time (Chicago)\n"
        f"http://127.0.0.1:8000/visits/{visit.id}/response/\n"
    )


def test_no_reminder_holds_a_name_or_a_telling_word(dr_bob, alice, mailoutbox, texts):
    wants(alice, by_text=True)
    book(dr_bob, alice)
    for before in (7 * DAY, 2 * DAY, AN_HOUR):
        duties.sweep(now=LATER - before)

    mails = [f"{letter.subject} {letter.body}" for letter in mailoutbox if letter.to[0] != "bob"]
    everything = " ".join([*mails, *(text.get_content() for text in mailbox.letters())]).lower()
    assert len(mailbox.letters()) == 4  # the confirmation, and three reminders
    assert [word for word in TELLING if word in everything] == []


def test_the_trail_knows_that_her_number_was_opened_for_a_text(dr_bob, alice, texts):
    wants(alice, by_mail=False, by_text=True)
    book(dr_bob, alice)
    Duty.objects.exclude(kind=DAYS).delete()

    duties.sweep(now=LATER - 2 * DAY)

    event = AuditEvent.objects.get(action="duty.notice.reminder-days.read")
    assert (event.patient_id, event.by_id) == (alice.pk, None)


def test_a_letter_that_is_tried_again_has_the_same_message_id(dr_bob, alice, mailoutbox):
    visit = book(dr_bob, alice)
    payload = delivery.payload(visit, "mail", "patient")

    for kind in (DAYS, DAYS, WEEK):
        duties.HANDLERS[kind](payload, LATER - 8 * DAY)

    ids = [letter.message()["Message-ID"] for letter in sent(mailoutbox)]
    assert ids[0] == ids[1] != ids[2]
    assert str(visit.id) not in ids[0]


# What is not


def test_a_visit_that_was_cancelled_is_not_reminded_of(dr_bob, alice, mailoutbox):
    visit = book(dr_bob, alice)
    booking.cancel(appointment=visit, by=alice.user, now=NOW + MINUTE)

    for before in (7 * DAY, 2 * DAY, AN_HOUR):
        duties.sweep(now=LATER - before)

    assert sent(mailoutbox) + sent(mailoutbox, "Your appointment is soon") == []
    assert ended(WEEK) == ended(DAYS) == ended("notice.join") == [(True, "Changed")]


def test_a_visit_that_was_moved_is_not_reminded_of_at_its_old_time(dr_bob, alice, mailoutbox):
    visit = book(dr_bob, alice)
    Appointment.objects.filter(pk=visit.pk).update(version=1)

    duties.sweep(now=LATER - 7 * DAY)

    assert (sent(mailoutbox), ended(WEEK)) == ([], [(True, "Changed")])


def test_who_has_come_is_not_reminded(dr_bob, alice, mailoutbox, texts):
    wants(alice, by_text=True)
    visit = book(dr_bob, alice)
    Duty.objects.filter(kind__in=[WEEK, DAYS]).delete()
    attendance.record_arrival(appointment=visit, now=LATER - 2 * AN_HOUR)

    duties.sweep(now=LATER - AN_HOUR)

    assert sent(mailoutbox, "Your appointment is soon") == []
    assert ended(HOUR) == ended("notice.join") == [(True, "Changed")]


@pytest.mark.parametrize(
    ("kind", "late", "is_sent"),
    [
        (WEEK, 4 * DAY, True),
        (WEEK, 5 * DAY, False),  # the next one is due
        (DAYS, 2 * DAY - AN_HOUR - MINUTE, True),
        (DAYS, 2 * DAY - AN_HOUR, False),
        ("notice.join", AN_HOUR - MINUTE, True),
        ("notice.join", AN_HOUR, False),  # the visit has begun
    ],
)
def test_a_late_reminder_is_dropped_and_that_is_written_down(
    dr_bob, alice, mailoutbox, kind, late, is_sent
):
    book(dr_bob, alice)
    Duty.objects.exclude(kind=kind).delete()
    due_at = Duty.objects.get().due_at

    duties.sweep(now=due_at + late)

    assert len(mailoutbox) == is_sent
    assert ended(kind) == [(True, "" if is_sent else "TooLate")]


def test_after_an_outage_of_days_she_gets_one_reminder_and_not_three(dr_bob, alice, mailoutbox):
    book(dr_bob, alice)
    Duty.objects.exclude(kind__in=KINDS).delete()

    duties.sweep(now=LATER - 30 * MINUTE)

    assert [letter.subject for letter in mailoutbox] == ["Your appointment is soon"]


def test_a_channel_that_she_has_left_is_not_used(dr_bob, alice, mailoutbox, texts):
    wants(alice, by_text=True)
    book(dr_bob, alice)
    wants(alice, by_mail=False, by_text=False)

    duties.sweep(now=LATER - 7 * DAY)
    duties.sweep(now=LATER - AN_HOUR)

    assert [letter.to for letter in mailoutbox] == [["bob-ray@example.com"]]
    assert mailbox.letters() == []
    assert ended("notice.join") == [(True, "NotChosen")]


def test_a_closed_account_is_not_told(dr_bob, alice, mailoutbox):
    book(dr_bob, alice)
    Duty.objects.exclude(kind=DAYS).delete()
    alice.user.is_active = False
    alice.user.save()

    duties.sweep(now=LATER - 2 * DAY)

    assert (mailoutbox, ended(DAYS)) == ([], [(True, "Closed")])


def test_outside_hours_that_she_has_chosen_since_it_waits(dr_bob, alice, mailoutbox):
    book(dr_bob, alice)
    wants(alice, safe_hours=(12 * 60, 13 * 60))
    Duty.objects.exclude(kind=DAYS).delete()

    duties.sweep(now=LATER - 2 * DAY)
    waiting = list(mailoutbox)
    duties.sweep(now=LATER - 2 * DAY + 3 * AN_HOUR)

    assert (waiting, len(mailoutbox)) == ([], 1)


def test_what_would_have_to_wait_past_the_visit_is_not_sent(dr_bob, alice, mailoutbox):
    book(dr_bob, alice)
    wants(alice, safe_hours=(12 * 60, 13 * 60))
    Duty.objects.exclude(kind="notice.join").delete()

    duties.sweep(now=LATER - AN_HOUR)
    duties.sweep(now=LATER + 4 * AN_HOUR)

    assert (mailoutbox, ended("notice.join")) == ([], [(True, "TooLate")])


def test_that_it_is_booked_is_told_in_her_hours_too(dr_bob, alice, mailoutbox):
    wants(alice, safe_hours=(12 * 60, 13 * 60))
    book(dr_bob, alice)

    duties.sweep(now=NOW)
    at_once = [letter.to[0] for letter in mailoutbox]
    duties.sweep(now=NOW + 3 * AN_HOUR)

    assert at_once == ["bob-ray@example.com"]
    assert [letter.to[0] for letter in mailoutbox] == ["bob-ray@example.com", "alice@example.com"]


def test_at_night_a_cancellation_is_mailed_at_once_and_texted_in_the_morning(
    dr_bob, alice, mailoutbox, texts
):
    wants(alice, by_text=True)
    visit = make_visit(dr_bob, alice, starts_at=LATER)
    night = at("2026-12-16 23:00")
    booking.cancel(appointment=visit, by=dr_bob.user, now=night)

    duties.sweep(now=night)
    texts_at_night = mailbox.letters()
    duties.sweep(now=at("2026-12-17 08:00"))

    assert "alice@example.com" in [letter.to[0] for letter in mailoutbox]
    assert (texts_at_night, len(mailbox.letters())) == ([], 1)


def test_a_number_that_no_text_reaches_goes_to_a_person_at_once(dr_bob, alice, texts):
    alice.phone = "911"
    alice.save()
    wants(alice, by_mail=False, by_text=True)
    book(dr_bob, alice)
    Duty.objects.exclude(kind=WEEK).delete()

    duties.sweep(now=LATER - 7 * DAY)

    duty = Duty.objects.get()
    assert (duty.dead_at, duty.error) == (LATER - 7 * DAY, "NoNumber")


def test_texts_that_were_turned_off_go_to_a_person_at_once(dr_bob, alice, texts, settings):
    wants(alice, by_mail=False, by_text=True)
    book(dr_bob, alice)
    Duty.objects.exclude(kind=WEEK).delete()
    settings.SMS_URL = ""

    duties.sweep(now=LATER - 7 * DAY)

    assert not text_messages.is_on()
    assert Duty.objects.get().error == "ChannelOff"
