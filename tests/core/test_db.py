"""The database functions, seen on a table of their own."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Value

from accounts.models import User
from core import db
from core.db import IdRange, TimeRange
from tests.web_role import as_owner

NINE, TEN = (datetime(2026, 12, 3, hour, tzinfo=UTC) for hour in (9, 10))


@pytest.fixture
def row(db):
    """Make a table `paper` with one row and a step of a migration on it; run SQL against it."""

    def lay(step):
        with connection.schema_editor() as editor:
            editor.execute("CREATE TABLE paper (id int, words text, done_at timestamptz)")
            editor.execute("INSERT INTO paper VALUES (1, 'first', NULL)")
            step.database_forwards("core", editor, None, None)
        return run

    with as_owner():
        yield lay
        run("DROP TABLE paper")


def run(sql):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else None


def refused(sql):
    with pytest.raises(IntegrityError, match="paper is append-only"):
        run(sql)


def test_append_only_rows_are_added_but_neither_changed_nor_removed(row):
    run = row(db.append_only("paper"))

    run("INSERT INTO paper VALUES (2, 'second', NULL)")

    refused("UPDATE paper SET words = 'other'")
    refused("DELETE FROM paper")
    assert run("SELECT words FROM paper ORDER BY id") == [("first",), ("second",)]


def test_one_empty_column_may_be_filled_once(row):
    run = row(db.append_only_but("paper", "done_at"))

    refused("UPDATE paper SET words = 'other'")
    refused("UPDATE paper SET words = 'other', done_at = now()")
    run("UPDATE paper SET done_at = now()")

    refused("UPDATE paper SET done_at = now() + interval '1 minute'")
    refused("UPDATE paper SET done_at = NULL")
    refused("DELETE FROM paper")


def test_a_row_is_free_until_it_is_sealed(row):
    run = row(db.sealed_by("paper", "done_at"))

    run("UPDATE paper SET words = 'second thoughts'")
    run("UPDATE paper SET words = 'final', done_at = now()")

    refused("UPDATE paper SET words = 'other'")
    refused("UPDATE paper SET done_at = NULL")
    refused("DELETE FROM paper")
    assert run("SELECT words FROM paper") == [("final",)]


@pytest.mark.parametrize(
    "step",
    [
        db.append_only("paper"),
        db.append_only_but("paper", "done_at"),
        db.sealed_by("paper", "done_at"),
    ],
)
def test_each_step_can_be_taken_back(row, step):
    run = row(step)
    run("UPDATE paper SET done_at = now()") if "append_only" not in step.reverse_sql else None

    with connection.schema_editor() as editor:
        step.database_backwards("core", editor, None, None)

    run("UPDATE paper SET words = 'free again', done_at = NULL")
    run("DELETE FROM paper")


def ranges(expression):
    """What the expression is in SQL, for somebody with the id 7."""
    user = User.objects.create(pk=7, email="seven@example.com")
    return User.objects.filter(pk=user.pk).values_list(expression, flat=True).get()


def test_a_time_range_leaves_its_end_free(db):
    span = ranges(TimeRange(Value(NINE), Value(TEN)))

    assert (span.lower, span.upper, span.bounds) == (NINE, TEN, "[)")


def test_an_id_range_is_that_id_alone(db):
    span = ranges(IdRange(F("pk")))

    assert (7 in span, 6 in span, 8 in span) == (True, False, False)
