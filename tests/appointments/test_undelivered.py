"""Notices that were set aside: the front desk sees which and what to do, never what they say."""

import pytest
import time_machine
from django.urls import reverse

from accounts import contact
from accounts.models import Membership
from appointments import booking, delivery, undelivered
from core import duties, outbox
from core.models import AuditEvent, Duty
from tests.factories import (
    HOUR,
    NINE,
    NOW,
    RECORDED,
    SCOPED,
    make_member,
    make_practice,
)

ADDRESS = "/notices/"


@pytest.fixture
def desk(practice):
    return make_member(practice, Membership.Role.FRONT_DESK, "desk@example.com")


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as travel:
        yield travel


def dead(visit, *, kind="notice.reminder-days", channel="mail", recipient="patient"):
    return Duty.objects.create(
        kind=kind,
        key=delivery.key(visit, channel, recipient),
        payload=delivery.payload(visit, channel, recipient),
        due_at=NOW,
        dead_at=NOW,
        attempts_count=8,
        error="SMTPRecipientsRefused",
    )


def shown(user, *, now=NOW):
    return [
        (str(row.words), str(row.channel), row.is_to_patient)
        for row in undelivered.list_of(user, now=now)
    ]


def test_what_a_mail_server_refuses_for_good_comes_to_the_front_desk(dr_bob, alice, desk, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody listens there
    held = booking.hold(provider=dr_bob, starts_at=NINE, holder="h", state="IL", now=NOW)
    booking.confirm(appointment=held, patient=alice, by=alice.user, now=NOW)
    Duty.objects.exclude(kind="notice.confirmation").delete()

    for number in range(duties.MAX_ATTEMPTS):
        duties.sweep(now=NOW + number * HOUR)

    assert shown(desk) == [
        ("That the visit is booked", "Email", True),
        ("That the visit is booked", "Email", False),
    ]


def test_every_notice_of_a_visit_has_words():
    told = {kind for kind in duties.HANDLERS if kind.startswith("notice.")}
    others = {
        "notice.emergency",
        "notice.fee",
        "notice.invitation",
        "notice.message",
        "notice.payment",
        "notice.staffing",
    }
    of_visits = told - others

    assert of_visits == set(undelivered.KINDS)


def test_what_was_done_or_is_still_tried_is_not_on_the_list(visit, desk):
    duty = dead(visit)
    Duty.objects.filter(pk=duty.pk).update(dead_at=None)

    assert shown(desk) == []


def test_of_a_visit_that_has_changed_or_begun_nothing_is_to_be_told(visit, desk, alice):
    dead(visit)

    assert shown(desk, now=visit.starts_at) == []
    visit.cancel(by=alice.user, now=NOW)
    assert shown(desk) == []


def test_other_duties_are_not_the_front_desks_business(visit, desk):
    Duty.objects.create(kind="payment.collect", key="x", due_at=NOW, dead_at=NOW, payload={})
    Duty.objects.create(kind="notice.message", key="x", due_at=NOW, dead_at=NOW,
                        payload={"message": "x"})  # fmt: skip

    assert (list(undelivered.at_desk_of(desk)), shown(desk)) == ([], [])


def test_another_practices_front_desk_sees_nothing(visit, db):
    stranger = make_member(make_practice(name="Elsewhere"), "front-desk", "far@example.com")
    dead(visit)

    assert list(undelivered.at_desk_of(stranger)) == []


@pytest.mark.parametrize("role", [Membership.Role.BILLING, Membership.Role.PEER])
def test_only_the_front_desk_and_admins_see_any(visit, practice, role):
    dead(visit)

    assert list(undelivered.at_desk_of(make_member(practice, role, "x@example.com"))) == []


# The page


def test_the_page_says_who_when_by_what_and_how_to_call(visit, alice, desk, sign_in, clock):
    dead(visit)
    contact.save_rules(
        patient=alice,
        by=alice.user,
        now=NOW,
        by_mail=True,
        by_text=False,
        may_leave_message=False,
        safe_hours=(600, 840),
    )

    html = sign_in(desk).get(ADDRESS).content.decode()

    assert "Alice Doe" in html
    assert "Reminder, two days before" in html
    assert "tel:312-555-0123" in html
    assert "leave no message" in html
    assert "only from 10:00\u202fAM to 2:00\u202fPM, by their clock" in html
    assert "SMTPRecipientsRefused" not in html
    assert "alice@example.com" not in html


def test_an_empty_list_says_so(desk, sign_in):
    assert "Everything that was sent has left." in sign_in(desk).get(ADDRESS).content.decode()


def test_the_start_page_leads_to_it(visit, desk, sign_in, clock):
    dead(visit)

    html = sign_in(desk).get(reverse("home")).content.decode()

    assert f'<a href="{ADDRESS}">One notice did not arrive</a>' in html


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_takes_the_same_queries_however_long(
    visit, desk, sign_in, clock, django_assert_num_queries, count
):
    for kind in list(undelivered.KINDS)[:count]:
        dead(visit, kind=kind)
    client = sign_in(desk)

    with django_assert_num_queries(7 + RECORDED + SCOPED):
        client.get(ADDRESS)


def test_trying_again_sends_it_and_is_on_the_trail(visit, alice, desk, sign_in, clock, mailoutbox):
    duty = dead(visit)
    clock.move_to(NOW - HOUR)

    response = sign_in(desk).post(reverse("appointments:create_retry", args=[duty.pk]))
    duties.sweep(now=NOW - HOUR)

    assert (response.status_code, response["Location"]) == (302, ADDRESS)
    assert [letter.to for letter in mailoutbox] == [["alice@example.com"]]
    event = AuditEvent.objects.get(action="notice.retried")
    assert (event.by_id, event.patient_id, event.subject_id) == (desk.pk, alice.pk, str(visit.pk))
    assert shown(desk) == []


def test_telling_them_by_phone_takes_it_off_the_list(
    visit, alice, desk, sign_in, clock, mailoutbox
):
    duty = dead(visit)

    sign_in(desk).post(reverse("appointments:create_settlement", args=[duty.pk]))
    duties.sweep(now=NOW)

    assert (shown(desk), mailoutbox) == ([], [])
    assert AuditEvent.objects.get(action="notice.settled").patient_id == alice.pk


@pytest.mark.parametrize("name", ["create_retry", "create_settlement"])
def test_who_is_later_than_a_colleague_is_told_so(visit, desk, sign_in, clock, name):
    duty = dead(visit)
    outbox.settle(duty, now=NOW)

    assert sign_in(desk).post(reverse(f"appointments:{name}", args=[duty.pk])).status_code == 409


@pytest.mark.parametrize("deed", [undelivered.retry, undelivered.settle])
def test_of_two_colleagues_one_does_it(visit, desk, deed):
    duty = dead(visit)
    undelivered.settle(duty=duty, by=desk, now=NOW)

    with pytest.raises(outbox.NotDead):
        deed(duty=duty, by=desk, now=NOW)

    assert AuditEvent.objects.filter(action__startswith="notice.").count() == 1
