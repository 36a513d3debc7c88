"""Goal row 3: sockets, what may be said in a room, duties, tasks, commands. A new one is red."""

import pytest
from channels.db import database_sync_to_async

from core import duties
from core.policy import policy_of
from sessions import signals
from telehealth.celery import app as celery
from telehealth.routing import sockets
from tests import live
from tests.house.test_policy import COMMANDS
from tests.security import world as worlds
from tests.security.expected import OF_THE_TWO
from tests.security.world import EVERYBODY, OBJECTS

DESK = {"front desk", "admin"}
# A patient comes in once she has checked in, which nobody has in this world: 4403, not 4404.
SOCKETS = {
    "ws/day/": {who: "own" for who in EVERYBODY if "provider" in who},
    "ws/desk/": {who: "own" for who in EVERYBODY if who.split(" elsewhere")[0] in DESK},
    "ws/thread/<uuid:thread_id>/": OF_THE_TWO,
    "ws/session/<uuid:session_id>/": OF_THE_TWO,
}
REFUSED = {4401, 4404}

FRAMES = {  # who may say what in a room
    "knock": {"patient"},
    "prepare": {"patient"},
    "admit": {"provider"},
    "end": {"provider"},
    "leave": {"patient", "provider"},
    "ping": {"patient", "provider"},
    "ice": {"patient", "provider"},
    "desc": {"patient", "provider"},
    "cand": {"patient", "provider"},
    "commit": {"provider"},
    "reveal": {"patient", "provider"},
    "differ": {"patient", "provider"},
    "connected": {"patient", "provider"},
    "media": {"patient", "provider"},
}
DUTIES = {
    "attachment.check": {"system"},
    "attachment.sweep": {"system"},
    "audit.anchor": {"system"},
    "calendar.put": {"system"},
    "mail.account": {"recipient"},
    "notice.confirmation": {"recipient"},
    "notice.cancellation": {"recipient"},
    "notice.emergency": {"recipient"},
    "notice.fee": {"recipient"},
    "notice.invitation": {"recipient"},
    "notice.staffing": {"recipient"},
    "notice.join": {"recipient"},
    "notice.message": {"recipient"},
    "notice.move": {"recipient"},
    "notice.payment": {"recipient"},
    "notice.reminder-days": {"recipient"},
    "notice.reminder-hour": {"recipient"},
    "notice.reminder-week": {"recipient"},
    "notice.series_booked": {"recipient"},
    "notice.series_cancelled": {"recipient"},
    "notice.series_moved": {"recipient"},
    "notice.waitlist-offer": {"recipient"},
    "payment.collect": {"card-network"},
    "webhook.apply": {"card-network"},
    "simulator.payout": {"card-network"},
    "simulator.webhook": {"card-network"},
}
TASKS = {
    "appointments.tasks.sweep_calendars": {"system"},
    "appointments.tasks.sweep_index": {"system"},
    "appointments.tasks.sweep_waitlist": {"system"},
    "telehealth.tasks.anchor_audit": {"system"},
    "core.tasks.sweep_expired": {"system"},
    "core.tasks.sweep_outbox": {"system"},
    "messaging.tasks.sweep_attachments": {"system"},
    "core.tasks.beat": {"system"},
    "sessions.tasks.close_abandoned_rooms": {"system"},
}
OPERATORS = {
    "audit", "bench", "demo_sign_ins", "erase_patient", "export_patient", "ledger_check",
    "legal_hold", "probe", "rebuild_index", "recompute_zones", "restore_drill", "rotate_keys",
    "seed_demo", "serve", "slots", "states",
}  # fmt: skip


def audiences(doors):
    return {name: set(policy_of(door).audience) for name, door in doors.items()}


def test_every_socket_has_a_row():
    assert {str(address.pattern) for address in sockets} == set(SOCKETS)


def test_every_duty_has_a_row():
    assert audiences(duties.HANDLERS) == DUTIES


def test_every_task_has_a_row():
    own = {n: task.run for n, task in celery.tasks.items() if n.split(".")[0] != "celery"}

    assert audiences(own) == TASKS


def test_every_command_has_a_row():
    assert {c.__module__.rpartition(".")[2] for c in COMMANDS} == OPERATORS
    assert {who for c in COMMANDS for who in policy_of(c).audience} == {"operator"}


def test_everything_that_can_be_said_has_a_row():
    assert set(FRAMES) == set(signals.FIELDS) == set().union(*signals.KINDS.values())


@pytest.mark.parametrize("kind", sorted(FRAMES))
@pytest.mark.parametrize("role", ["patient", "provider"])
def test_each_says_in_a_room_what_is_hers_to_say(role, kind):
    assert (kind in signals.KINDS[role]) is (role in FRAMES[kind])


async def code_of(client, path):
    """Return the code with which a socket is closed, or None if it answers something else."""
    socket = live.socket(path, client)
    is_accepted, code = await socket.connect(timeout=60)
    if is_accepted:
        await socket.send_to(text_data="ping")
        answer = await socket.receive_output(timeout=60)
        code = answer.get("code")
    await socket.disconnect()
    return code


@pytest.mark.journey
@pytest.mark.asyncio
@pytest.mark.timeout(600)
@pytest.mark.parametrize("route", sorted(SOCKETS))
async def test_each_socket_opens_to_whom_it_is_for(live_database, route, count_cells):
    world = await database_sync_to_async(worlds.build)()
    things = OBJECTS if "<" in route else ["own"]
    wrong = []
    for who in EVERYBODY:
        client = None if who == "visitor" else world.browsers[who]
        for thing in things:
            ids = world.ids[thing]
            path = "/" + route
            for gap in ("thread_id", "session_id"):
                path = path.replace(f"<uuid:{gap}>", str(ids[gap]))
            is_refused = await code_of(client, path) in REFUSED
            if is_refused is (thing in SOCKETS[route].get(who, "").split(", ")):
                wrong.append(f"{who} on {thing}")
    count_cells(len(EVERYBODY) * len(things))
    assert wrong == []
