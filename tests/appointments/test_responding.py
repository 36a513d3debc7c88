"""Answering a reminder: looking changes nothing, a press is noted once, the front desk sees it."""

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import Membership
from appointments import responding
from appointments.models import Appointment, AppointmentResponse
from core.models import AuditEvent
from tests.factories import HOUR, NINE, NOW, make_member, make_practice, make_provider, make_visit
from tests.threads import at_once

Kind = AppointmentResponse.Kind


@pytest.fixture
def desk(practice):
    return make_member(practice, Membership.Role.FRONT_DESK, "desk@example.com")


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as travel:
        yield travel


def ask_for_help(visit, *, now=NOW):
    return responding.ask_for_help(appointment=visit, by=visit.patient.user, now=now)


def accept(visit, *, now=NOW):
    return responding.accept(appointment=visit, by=visit.patient.user, now=now)


def address(name, visit):
    return reverse(f"appointments:{name}", args=[visit.pk])


def said():
    return [(r.kind, r.version, r.responded_at) for r in AppointmentResponse.objects.order_by("pk")]


def test_she_says_that_she_will_be_there_and_it_is_on_the_trail(visit, alice):
    response = accept(visit)

    event = AuditEvent.objects.get(action="appointment.accepted")
    assert said() == [("accepted", 0, NOW)]
    assert (event.by_id, event.patient_id, event.subject_id) == (
        alice.user_id,
        alice.pk,
        str(response.pk),
    )


@pytest.mark.parametrize("say", [accept, ask_for_help])
def test_said_twice_it_is_noted_once(visit, say):
    first, second = say(visit), say(visit, now=NOW + HOUR)

    assert first == second
    assert len(said()) == 1


def test_of_a_visit_that_was_moved_nothing_is_said_yet(visit):
    accept(visit)
    Appointment.objects.filter(pk=visit.pk).update(version=1)
    visit.refresh_from_db()

    assert list(AppointmentResponse.objects.accepted()) == []
    accept(visit, now=NOW + HOUR)
    assert said() == [("accepted", 0, NOW), ("accepted", 1, NOW + HOUR)]


@pytest.mark.parametrize("say", [accept, ask_for_help])
def test_of_a_visit_that_is_over_or_called_off_nothing_is_noted(visit, say, alice):
    with pytest.raises(responding.NotAhead):
        say(visit, now=visit.ends_at)
    visit.cancel(by=alice.user, now=NOW)
    with pytest.raises(responding.NotAhead):
        say(visit)

    assert said() == []


def test_once_she_was_helped_she_may_ask_again(visit, desk):
    responding.settle(response=ask_for_help(visit), by=desk, now=NOW)

    ask_for_help(visit, now=NOW + HOUR)

    assert said() == [("help", 0, NOW), ("help", 0, NOW + HOUR)]
    assert AuditEvent.objects.filter(action="appointment.helped", by_id=desk.pk).count() == 1


def test_of_two_colleagues_one_helps(visit, desk):
    call = ask_for_help(visit)
    responding.settle(response=call, by=desk, now=NOW)

    with pytest.raises(responding.Settled):
        responding.settle(response=call, by=desk, now=NOW + HOUR)


@pytest.mark.django_db(transaction=True)
def test_many_presses_at_once_are_one_call(visit):
    outcomes = at_once(8, lambda _n: ask_for_help(Appointment.objects.get(pk=visit.pk)).pk)

    assert len(set(outcomes)) == 1
    assert len(said()) == 1


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"kind": "accepted"}, "response_open_once"),
        ({"kind": "maybe"}, "response_kind_known"),
        ({"kind": "help", "settled_at": NOW}, "response_help_settled_by_someone"),
        ({"kind": "accepted", "settled_at": NOW, "is_settled_by": True}, "response_help_settled"),
    ],
)
def test_the_database_refuses_an_impossible_response(visit, alice, fields, constraint):
    accept(visit)
    settled_by = alice.user if fields.pop("is_settled_by", False) else None
    values = {"appointment": visit, "version": 0, "responded_at": NOW, "settled_by": settled_by}

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        AppointmentResponse.objects.create(**values, **fields)


def test_the_front_desk_has_the_calls_of_its_practice_that_are_open(visit, alice, desk):
    elsewhere = make_practice(name="Elsewhere")
    other = make_provider(elsewhere, "Olga Far")
    theirs = AppointmentResponse.objects.create(
        appointment=make_visit(other, None, status="held", holder="h", held_until=NINE,
                               booked_at=None),
        version=0, kind="help", responded_at=NOW,
    )  # fmt: skip
    call = ask_for_help(visit)
    accept(visit)

    mine = AppointmentResponse.objects.at_desk_of(desk)

    assert list(mine) == list(mine.needed(now=NOW)) == [call]
    assert theirs not in mine
    assert list(mine.needed(now=visit.ends_at)) == []
    responding.settle(response=call, by=desk, now=NOW)
    assert list(AppointmentResponse.objects.at_desk_of(desk).needed(now=NOW)) == []


# The page


def test_looking_at_the_page_changes_nothing(visit, alice, sign_in, clock):
    client = sign_in(alice.user)

    pages = [client.get(address("response", visit)) for _ in range(2)]
    head = client.head(address("response", visit))

    assert [page.status_code for page in (*pages, head)] == [200] * 3
    assert said() == []
    for words in ("I will be there", "I need another time", "I need help joining"):
        assert words in pages[0].content.decode()


@pytest.mark.parametrize("name", ["create_acceptance", "create_help_call"])
def test_whoever_is_not_signed_in_is_asked_to_and_nothing_is_noted(client, visit, name):
    assert client.get(address("response", visit)).headers["Location"].startswith("/account/login/")
    assert client.post(address(name, visit)).headers["Location"].startswith("/account/login/")
    assert said() == []


def test_one_press_says_that_she_will_be_there(visit, alice, dr_bob, sign_in, clock):
    client = sign_in(alice.user)

    response = client.post(address("create_acceptance", visit), follow=True)

    assert "You told us on Tuesday, December 1, 2026" in response.content.decode()
    assert said() == [("accepted", 0, NOW)]
    seen = sign_in(dr_bob.user).get(address("detail", visit)).content.decode()
    assert "that they will be there" in " ".join(seen.split())


def test_asking_for_help_tells_her_whom_to_call_and_what_to_try(visit, alice, sign_in, clock):
    page = sign_in(alice.user).post(address("create_help_call", visit), follow=True)

    html = page.content.decode()
    assert 'href="tel:312-555-0100"' in html
    assert f'href="{reverse("video:room_devices", args=[visit.pk])}"' in html
    assert "I need help joining" not in html


def test_another_time_is_found_on_the_visits_page(visit, alice, sign_in, clock):
    page = sign_in(alice.user).get(address("response", visit)).content.decode()

    assert f'href="{address("detail", visit)}">I need another time' in page


@pytest.mark.parametrize("name", ["create_acceptance", "create_help_call"])
def test_too_late_is_said_and_nothing_is_noted(visit, alice, sign_in, clock, name):
    visit.cancel(by=alice.user, now=NOW)

    response = sign_in(alice.user).post(address(name, visit))

    assert response.status_code == 409
    assert "There is nothing to answer any more" in response.content.decode()
    assert said() == []


@pytest.mark.parametrize("name", ["response", "create_acceptance", "create_help_call"])
def test_a_visit_of_another_is_not_there(visit, mallory, dr_bob, sign_in, name):
    ask = "get" if name == "response" else "post"

    for person in (mallory.user, dr_bob.user):
        assert getattr(sign_in(person), ask)(address(name, visit)).status_code == 404


# The front desk


def test_the_front_desk_sees_the_call_and_how_to_reach_her(visit, desk, sign_in, clock):
    ask_for_help(visit)

    html = sign_in(desk).get(reverse("home")).content.decode()

    assert "Alice Doe needs help joining." in html
    assert 'href="tel:312-555-0123"' in html
    assert "leave no message" in html


def test_the_front_desk_notes_that_she_was_helped(visit, desk, sign_in, clock):
    call = ask_for_help(visit)
    end = reverse("appointments:create_help_end", args=[call.pk])
    client = sign_in(desk)

    first, second = client.post(end), client.post(end)

    assert (first.status_code, second.status_code) == (302, 409)
    assert "needs help joining" not in client.get(reverse("home")).content.decode()


def test_the_front_desk_sees_who_will_be_there(visit, desk, sign_in, clock):
    clock.move_to(NINE - HOUR)
    accept(visit)

    assert ">Will be there<" in sign_in(desk).get(reverse("home")).content.decode()


def test_the_provider_sees_who_will_be_there(visit, dr_bob, sign_in, clock):
    clock.move_to(NINE - 2 * HOUR)
    accept(visit)

    assert "will be there" in sign_in(dr_bob.user).get(reverse("home")).content.decode()
