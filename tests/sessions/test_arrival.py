from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Licence
from core.models import AuditEvent
from sessions import admission, arrival, opening
from sessions.models import CheckIn, InvalidTransition, VideoSession
from tests.factories import NINE, make_licence, make_visit
from tests.sessions.conftest import HOME, NOW


def audited() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))


def check_in(room, patient, now=None, **answers):
    return arrival.check_in(session=room, by=patient.user, now=now or NOW, **HOME | answers)


def test_check_in_keeps_what_the_patient_attests(room, alice):
    check_in(room, alice, is_at_home=False)

    row = CheckIn.objects.get()
    assert (row.state, row.address, row.is_at_home, row.callback_phone) == (
        "IL",
        "12 Elm Street, Springfield",
        False,
        "312-555-0123",
    )


def test_check_in_is_audited(room, alice):
    check_in(room, alice)

    event = AuditEvent.objects.get()
    assert (event.action, event.by_id, event.patient_id, event.subject_id) == (
        "video.checked-in",
        alice.user.pk,
        alice.pk,
        str(room.pk),
    )


def test_the_latest_check_in_counts(room, alice):
    check_in(room, alice)
    check_in(room, alice, address="Parked at 3 Oak Road", is_at_home=False)

    assert CheckIn.objects.get().address == "Parked at 3 Oak Road"


def test_check_in_where_the_provider_has_no_licence_is_refused(room, alice):
    with pytest.raises(arrival.NotLicensedThere) as refusal:
        check_in(room, alice, state="NV")

    assert (refusal.value.state, CheckIn.objects.count()) == ("NV", 0)
    assert audited() == ["video.turned-away"]


def test_a_refusal_takes_back_an_earlier_check_in(room, alice, checked_in):
    with pytest.raises(arrival.NotLicensedThere):
        check_in(room, alice, state="NV")

    assert CheckIn.objects.count() == 0


def test_a_compact_licence_opens_the_door(room, alice, dr_bob):
    make_licence(dr_bob, compact="psypact")

    assert check_in(room, alice, state="NV").state == "NV"


def test_an_expired_licence_keeps_the_door_closed(room, alice, dr_bob):
    Licence.objects.filter(provider=dr_bob).update(valid_until=NOW.date() - timedelta(days=2))

    with pytest.raises(arrival.NotLicensedThere):
        check_in(room, alice)


def test_the_licence_is_asked_about_on_the_day_it_is_where_the_provider_is(dr_bob, alice):
    # 23:30 in Chicago on December 2 is December 3 in UTC, and in New York.
    late = NINE.replace(day=3, hour=5, minute=30)
    Licence.objects.filter(provider=dr_bob).update(valid_until=late.date() - timedelta(days=1))
    visit = make_visit(dr_bob, alice, starts_at=late)
    room = opening.open_room(appointment=visit, now=late)

    assert check_in(room, alice, now=late).state == "IL"
    with pytest.raises(arrival.NotLicensedThere):
        check_in(room, alice, now=late + timedelta(minutes=30))


def test_check_in_where_others_can_listen_is_refused(room, alice):
    with pytest.raises(arrival.NotPrivate):
        check_in(room, alice, is_private=False)

    assert CheckIn.objects.count() == 0


@pytest.mark.parametrize("person", ["mallory", "dr_bob"])
def test_nobody_checks_in_for_the_patient(room, person, request):
    with pytest.raises(admission.NotYours):
        check_in(room, request.getfixturevalue(person))


def test_check_in_after_the_end_is_refused(room, alice, dr_bob):
    admission.end(session=room, by=dr_bob.user, now=NOW)

    with pytest.raises(InvalidTransition):
        check_in(room, alice)


def test_an_unknown_state_has_no_licence(room, alice):
    with pytest.raises(arrival.NotLicensedThere):
        check_in(room, alice, state="ZZ")


@pytest.mark.parametrize("state", ["IL", "NV"])
@pytest.mark.parametrize("status", ["admitted", "live", "ended"])
def test_what_was_said_at_the_door_stays(room, checked_in, alice, status, state):
    VideoSession.objects.filter(pk=room.pk).update(
        status=status, admitted_at=NOW, live_at=NOW, ended_at=NOW if status == "ended" else None
    )

    with pytest.raises(InvalidTransition):
        check_in(room, alice, state=state, address="Elsewhere")

    row = CheckIn.objects.get()
    assert (row.state, row.address) == ("IL", HOME["address"])
    assert audited() == ["video.checked-in"]


def test_a_refusal_is_told_to_the_room(room, checked_in, alice):
    with CaptureQueriesContext(connection) as queries, pytest.raises(arrival.NotLicensedThere):
        check_in(room, alice, state="NV")

    told = [q["sql"] for q in queries if "pg_notify" in q["sql"]]
    assert [f"session.{room.pk}" in sql for sql in told] == [True]
