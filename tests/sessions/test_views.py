from datetime import timedelta

import pytest
from django.urls import reverse

from appointments import booking
from sessions import admission, seats
from sessions.models import CheckIn, VideoSession
from tests.factories import make_visit
from tests.sessions.conftest import HOME, NOW

ANSWERS = {
    "state": "IL",
    "is_at_home": "yes",
    "address": "12 Elm Street, Springfield",
    "callback_phone": "312-555-0123",
    "is_private": "on",
}
PAGES = ["room_check_in", "room_devices", "room", "room_facts", "room_left"]


def page(name, visit) -> str:
    return reverse(f"video:{name}", args=[visit.id])


@pytest.fixture
def as_alice(sign_in, alice):
    return sign_in(alice.user)


@pytest.fixture
def as_bob(sign_in, dr_bob):
    return sign_in(dr_bob.user)


@pytest.fixture
def ended(room, dr_bob):
    admission.end(session=room, by=dr_bob.user, now=NOW)
    return room


@pytest.fixture
def lived(room, checked_in, alice, dr_bob):
    """A visit in which both were there, and which has ended."""
    pair = [seats.take(session_id=room.pk, user=p.user, now=NOW) for p in (alice, dr_bob)]
    admission.knock(session=room, by=alice.user, now=NOW)
    admission.admit(session=room, by=dr_bob.user, now=NOW)
    for seat in pair:
        admission.report_connected(seat=seat, now=NOW)
    admission.end(session=room, by=dr_bob.user, now=NOW)


@pytest.mark.parametrize("name", PAGES)
def test_a_stranger_finds_no_page(sign_in, visit, mallory, carol, name):
    for person in (mallory, carol):
        assert sign_in(person.user).get(page(name, visit)).status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_nobody_comes_in_without_signing_in(client, visit, name):
    response = client.get(page(name, visit))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", PAGES)
def test_camera_and_microphone_are_allowed_only_here(as_bob, visit, name):
    room = as_bob.get(page(name, visit))
    elsewhere = as_bob.get(reverse("help_now"))

    assert "camera=(self), microphone=(self)" in room["Permissions-Policy"]
    assert "camera=(), microphone=()" in elsewhere["Permissions-Policy"]


@pytest.mark.parametrize("name", ["room_devices", "room", "room_facts", "room_left"])
def test_a_page_can_be_asked_for_without_its_body(as_bob, visit, name):
    whole = as_bob.get(page(name, visit))
    head = as_bob.head(page(name, visit))

    assert (whole.status_code, head.status_code) == (200, 200)
    assert (whole.content == b"", head.content) == (False, b"")
    for header in ("Content-Type", "Content-Length", "Cache-Control", "Permissions-Policy"):
        assert head[header] == whole[header]


def test_check_in_starts_from_what_is_known(as_alice, visit):
    form = as_alice.get(page("room_check_in", visit)).context["form"]

    assert form.initial == {"state": "IL", "callback_phone": "312-555-0123"}


def test_check_in_leads_to_the_devices(as_alice, visit):
    response = as_alice.post(page("room_check_in", visit), ANSWERS)

    row = CheckIn.objects.get()
    assert (response.status_code, response["Location"]) == (302, page("room_devices", visit))
    assert (row.state, row.is_at_home, row.is_private) == ("IL", True, True)


def test_check_in_again_shows_the_answers_given(as_alice, visit):
    as_alice.post(page("room_check_in", visit), ANSWERS | {"is_at_home": "no"})

    form = as_alice.get(page("room_check_in", visit)).context["form"]

    assert (form["address"].value(), form["is_at_home"].value()) == (ANSWERS["address"], "no")


@pytest.mark.parametrize("name", ["state", "is_at_home", "address", "callback_phone", "is_private"])
def test_a_missing_answer_is_asked_for_and_the_others_stay(as_alice, visit, name):
    given = {key: value for key, value in ANSWERS.items() if key != name}

    response = as_alice.post(page("room_check_in", visit), given)

    form = response.context["form"]
    assert (response.status_code, list(form.errors)) == (422, [name])
    assert {key: form[key].value() for key in given} == given | (
        {"is_private": True} if "is_private" in given else {}
    )


def test_who_is_not_alone_is_told_kindly_what_to_do(as_alice, visit):
    given = {key: value for key, value in ANSWERS.items() if key != "is_private"}

    response = as_alice.post(page("room_check_in", visit), given)

    text = response.content.decode()
    assert "We start when you can speak freely." in text
    write = reverse("messaging:create_thread", args=[visit.id])
    assert f'<form id="write" action="{write}"' in text
    assert 'type="submit" form="write">Write to' in text


def test_a_lone_box_stands_before_its_words(as_alice, visit):
    text = as_alice.get(page("room_check_in", visit)).content.decode()

    box, words = text.index('name="is_private"'), text.index("I am somewhere nobody else can")
    assert box < words


def test_a_state_without_licence_is_refused_with_the_way_on(as_alice, visit):
    response = as_alice.post(page("room_check_in", visit), ANSWERS | {"state": "NV"})

    text = response.content.decode()
    assert (response.status_code, CheckIn.objects.count()) == (409, 0)
    assert "You did nothing wrong." in text
    assert "is not licensed in Nevada" in text
    assert "Being turned away costs you nothing." in text
    assert text.count("costs") + text.count("charge") + text.count("Cancel") == 1
    for way_on in (
        '<a class="btn" href="tel:312-555-0100">',
        reverse("messaging:create_thread", args=[visit.id]),
        "988",
        ANSWERS["address"],
    ):
        assert way_on in text


def test_the_provider_does_not_check_in(as_bob, visit):
    response = as_bob.get(page("room_check_in", visit))

    assert response["Location"] == page("room", visit)


def test_the_patient_checks_in_before_the_room(as_alice, visit):
    response = as_alice.get(page("room", visit))

    assert response["Location"] == page("room_check_in", visit)


def test_the_room_knows_who_looks_at_it(as_alice, as_bob, visit, checked_in):
    patient = as_alice.get(page("room", visit)).content.decode()
    provider = as_bob.get(page("room", visit)).content.decode()

    socket = f'data-socket="/ws/session/{checked_in.session_id}/"'
    assert (socket in patient, socket in provider) == (True, True)
    assert ('data-role="patient"' in patient, 'data-role="provider"' in provider) == (True, True)
    assert ("I need help" in patient, "End visit" in patient) == (True, False)
    assert ("Admit Alice Doe" in provider, "End visit" in provider) == (True, True)


def test_the_patients_whereabouts_are_for_the_provider_only(as_alice, as_bob, visit, checked_in):
    own = as_alice.get(page("room_facts", visit))
    text = as_bob.get(page("room_facts", visit)).content.decode()

    assert own.status_code == 404
    for fact in (HOME["address"], "Illinois", HOME["callback_phone"], "312-555-0199", "911"):
        assert fact in text


def test_the_guardian_of_a_child_is_among_the_facts(as_bob, visit, checked_in, alice):
    alone = as_bob.get(page("room_facts", visit)).content.decode()
    alice.guardian_name, alice.guardian_relation = "Mary", "mother"
    alice.save()

    text = as_bob.get(page("room_facts", visit)).content.decode()

    assert ("with Mary, mother" in text, "<small>with" in alone) == (True, False)


def test_before_the_check_in_there_are_no_facts(as_bob, visit):
    text = as_bob.get(page("room_facts", visit)).content.decode()

    assert "Not checked in yet." in text


def test_too_early_is_said_with_the_time_and_the_device_check(as_alice, alice, dr_bob):
    visit = make_visit(dr_bob, alice, starts_at=NOW + timedelta(hours=5))

    response = as_alice.get(page("room", visit))

    text = response.content.decode()
    assert (response.status_code, page("room_devices", visit) in text) == (409, True)
    assert "You are early. That is fine." in text


def test_the_devices_can_be_tried_days_before(as_alice, alice, dr_bob):
    visit = make_visit(dr_bob, alice, starts_at=NOW + timedelta(days=5))

    assert as_alice.get(page("room_devices", visit)).status_code == 200


def test_too_late_is_said(as_alice, alice, dr_bob):
    visit = make_visit(dr_bob, alice, starts_at=NOW - timedelta(days=1))

    response = as_alice.get(page("room", visit))

    assert (response.status_code, "This room has closed" in response.content.decode()) == (
        409,
        True,
    )


def test_a_visit_that_was_called_off_has_no_room(as_alice, visit, dr_bob):
    booking.cancel(appointment=visit, by=dr_bob.user, now=NOW)

    response = as_alice.get(page("room", visit))

    assert response.status_code == 409
    assert "This visit does not take place" in response.content.decode()


def test_who_leaves_can_come_back(as_alice, visit, checked_in):
    text = as_alice.get(page("room_left", visit)).content.decode()

    assert "Return to your visit" in text
    assert page("room", visit) in text


def test_after_the_end_there_is_nothing_to_come_back_to(as_alice, visit, ended):
    for name in ("room_left", "room_check_in"):
        assert as_alice.get(page(name, visit))["Location"] == page("room", visit)


def test_after_the_end_the_patient_is_thanked(as_alice, visit, lived):
    response = as_alice.get(page("room", visit))

    assert (response.status_code, "Thank you for coming." in response.content.decode()) == (
        200,
        True,
    )


def test_after_the_end_the_provider_writes_the_note(as_bob, visit, lived):
    response = as_bob.get(page("room", visit))

    assert response["Location"] == reverse("care:note", args=[visit.id])


def test_where_the_two_never_met_there_is_no_note_to_write(as_bob, visit, ended):
    assert as_bob.get(page("room", visit))["Location"] == reverse("home")


def test_a_check_in_after_the_end_is_led_on(as_alice, visit, ended):
    response = as_alice.post(page("room_check_in", visit), ANSWERS)

    assert (response["Location"], CheckIn.objects.count()) == (page("room", visit), 0)


def test_a_get_changes_nothing(as_bob, visit, room):
    as_bob.get(page("room", visit))

    assert VideoSession.objects.get().status == "scheduled"


def test_the_page_says_that_a_visit_under_way_is_not_cancelled(
    as_alice, visit, room, checked_in, alice, dr_bob
):
    admission.knock(session=room, by=alice.user, now=NOW)
    admission.admit(session=room, by=dr_bob.user, now=NOW)

    refused = as_alice.post(reverse("appointments:create_cancellation", args=[visit.id]))
    detail = as_alice.get(reverse("appointments:detail", args=[visit.id])).content.decode()

    assert (refused.status_code, "It has begun" in refused.content.decode()) == (409, True)
    assert "Cancel this visit" not in detail


def test_a_visit_that_was_called_off_has_no_room_though_somebody_waited(
    as_alice, visit, room, alice
):
    admission.knock(session=room, by=alice.user, now=NOW)
    booking.cancel(appointment=visit, by=alice.user, now=NOW)

    response = as_alice.get(page("room", visit))

    assert response.status_code == 409
    assert "This visit does not take place" in response.content.decode()


def test_a_check_in_during_the_visit_is_led_back_to_it(
    as_alice, visit, room, checked_in, alice, dr_bob
):
    admission.knock(session=room, by=alice.user, now=NOW)
    admission.admit(session=room, by=dr_bob.user, now=NOW)

    response = as_alice.post(page("room_check_in", visit), ANSWERS | {"state": "NV"})

    assert (response.status_code, response["Location"]) == (302, page("room", visit))
    assert CheckIn.objects.get().state == "IL"
