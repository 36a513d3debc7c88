from datetime import UTC, datetime

import pytest
from celery import shared_task
from django.core.management import CommandError
from django.core.management.base import BaseCommand

from core import command_line, duties, outbox
from core.models import Duty
from core.policy import (
    OPERATOR,
    SYSTEM,
    Policy,
    Unclassified,
    UnknownAudience,
    policy_of,
    required,
    serves,
)

NOW = datetime(2026, 12, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize("audience", [(), ("somebody",), (SYSTEM, "somebody")])
def test_one_serves_somebody_who_exists(audience):
    with pytest.raises(UnknownAudience):
        serves(*audience)


def test_a_mark_says_whom_it_serves():
    marked = serves(SYSTEM, OPERATOR)(lambda: None)

    assert required(marked) == policy_of(marked) == Policy(frozenset({SYSTEM, OPERATOR}))


def test_what_is_not_marked_is_refused():
    with pytest.raises(Unclassified):
        required(lambda: None)


def test_a_duty_that_nobody_classified_is_not_done_and_goes_to_a_person(db, monkeypatch):
    done = []
    monkeypatch.setitem(duties.HANDLERS, "leak", lambda payload, now: done.append(payload))
    outbox.enqueue("leak", key="1", payload={}, due_at=NOW)

    duties.sweep(now=NOW)

    duty = Duty.objects.get()
    assert (done, duty.dead_at, duty.done_at, duty.error) == ([], NOW, None, "NotClassified")


def test_a_task_that_nobody_classified_is_not_run():
    done = []

    @shared_task(name="tests.leak")
    def leak():
        done.append(1)

    @shared_task(name="tests.told")
    @serves(SYSTEM)
    def told():
        done.append(2)

    with pytest.raises(Unclassified):
        leak.apply(throw=True)
    told.apply(throw=True)
    for task in (leak, told):
        task.app.tasks.pop(task.name)
    assert done == [2]


class Export(BaseCommand):
    """A command that somebody has added and not classified."""


@serves(OPERATOR)
class Report(BaseCommand):
    """One that was."""


@pytest.mark.parametrize(("command", "is_run"), [(Export, False), (Report, True)])
def test_a_command_that_nobody_classified_is_refused(monkeypatch, command, is_run):
    monkeypatch.setattr(command_line.ManagementUtility, "fetch_command", lambda *_: command())
    line = command_line.CommandLine(["manage.py", "report"])

    if is_run:
        assert isinstance(line.fetch_command("report"), Report)
    else:
        with pytest.raises(CommandError, match="no policy"):
            line.fetch_command("report")


def test_djangos_own_commands_serve_the_operator():
    fetched = command_line.CommandLine(["manage.py"]).fetch_command("check")

    assert type(fetched).__module__.startswith("django.")
