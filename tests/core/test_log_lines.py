"""A failure is told by its kind and place: its text may hold what a patient typed."""

import logging
import sys

import pytest
from celery.app import trace
from django.conf import settings
from django.db import IntegrityError, connection

from core import log_lines
from core.models import Duty
from telehealth.celery import app as celery
from tests.factories import NOW

WORD = "zanzibar"


def caught(fail):
    with pytest.raises(Exception) as failure:  # noqa: PT011 -- whatever it is, it is told alike
        fail()
    return failure.value


def line_of(failure, *args, **fields):
    """The line as the site writes it, with its filters."""
    record = logging.makeLogRecord(
        {
            "msg": "%s: %s",
            "args": args or ("Failed", "/"),
            "exc_info": (type(failure), failure, failure.__traceback__) if failure else None,
            **fields,
        }
    )
    for kind in (log_lines.AddressFilter, log_lines.FailedTaskFilter):
        assert kind().filter(record)
    return log_lines.Line("{message}", style="{").format(record)


def fail_with_a_word():
    int(WORD)


def fail_with_a_cause():
    try:
        fail_with_a_word()
    except ValueError as first:
        raise RuntimeError(WORD) from first


def fail_by_the_way():
    try:
        fail_with_a_word()
    except ValueError:
        raise KeyError(WORD)  # noqa: B904 -- as it happens


@pytest.mark.parametrize("fail", [fail_with_a_word, fail_with_a_cause, fail_by_the_way])
def test_a_failure_is_told_without_its_text(fail):
    line = line_of(caught(fail))

    assert WORD not in line
    assert ("builtins.ValueError" in line, fail.__name__ in line) == (True, True)


def test_a_row_that_the_database_refused_is_not_shown(db):
    Duty.objects.create(kind="test", key=WORD, due_at=NOW)
    failure = caught(lambda: Duty.objects.create(kind="test", key=WORD, due_at=NOW))

    assert isinstance(failure, IntegrityError)
    assert WORD in str(failure)
    assert WORD not in line_of(failure)
    assert "IntegrityError" in line_of(failure)
    connection.needs_rollback = False


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (f"/{WORD}/", "an address that we do not have"),
        ("/zanzibär/", "an address that we do not have"),
        (f"/therapists/{WORD}/", "/therapists/<slug:slug>/"),
    ],
)
def test_a_path_that_was_typed_is_not_kept(db, client, caplog, path, told):
    client.get(path)

    [record] = [r for r in caplog.records if r.name == "django.request"]
    assert line_of(None, *record.args, request=record.request) == f"Not Found: {told}"


def test_a_failed_task_is_told_without_its_text(caplog):
    @celery.task(name="celery.fails")
    def fails():
        fail_with_a_word()

    with caplog.at_level(logging.DEBUG, logger=trace.logger.name):
        fails.apply()

    [record] = [r for r in caplog.records if r.exc_info]
    assert WORD in str(record.exc_info[1])
    log_lines.FailedTaskFilter().filter(record)
    line = log_lines.Line("{message}", style="{").format(record)
    assert (WORD in line, "ValueError" in line, "fail_with_a_word" in line) == (False, True, True)


def test_every_line_of_the_site_is_written_so():
    handler = settings.LOGGING["handlers"]["console"]

    assert settings.LOGGING["formatters"][handler["formatter"]]["()"] == "core.log_lines.Line"
    assert set(handler["filters"]) == set(settings.LOGGING["filters"])
    assert set(settings.LOGGING["handlers"]) == {"console"}
    assert sys.modules["telehealth.settings"].CELERY_WORKER_HIJACK_ROOT_LOGGER is False
