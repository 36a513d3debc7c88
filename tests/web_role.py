"""Tests work in the database with the rights of the web role; what they need beyond, they ask for.

The connection is the owner's, who makes the tests' database. It steps down when it is opened.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pytest
from django.core.management.commands import flush
from django.db import connection, transaction
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.backends.signals import connection_created

from core import grants, tenancy, walls
from core.postgres import WEB

MAKE_ROLE = f"""
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{WEB}') THEN CREATE ROLE {WEB}; END IF;
END $$
"""

# Rows that Django writes when tables are made, and would write again after each test.
MADE_WITH_THE_TABLES = {"auth_permission", "django_content_type"}
EMPTY = """
DO $$ DECLARE name text; filled boolean; BEGIN
  FOREACH name IN ARRAY ARRAY[{tables}] LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO filled;
    IF filled THEN EXECUTE format('DELETE FROM %I', name); END IF;
  END LOOP;
END $$
"""


def step_down_from_now_on(patch: pytest.MonkeyPatch) -> None:
    """Every connection that is opened from here on has the rights of the web role only."""
    execute(MAKE_ROLE)
    grants.give(WEB)
    walls.raise_all()
    connection.close()
    patch.setattr(DatabaseOperations, "sql_flush", empty_what_is_filled)
    patch.setattr(DatabaseOperations, "execute_sql_flush", empty_as_owner)
    patch.setattr(flush, "emit_post_migrate_signal", lambda *_args, **_kwargs: None)
    connection_created.connect(step_down)
    # Tests make rows as the site's own work does. Requests and sockets begin with nobody's.
    patch.setattr(tenancy, "_scope", ContextVar("tests", default=tenancy.EVERY_PRACTICE))


def step_down(*, connection: Any, **_signal: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {WEB}")


@contextmanager
def as_owner() -> Iterator[None]:
    """For what the owner of the database may do."""
    with transaction.atomic():  # which also gives the role back if something fails
        execute("RESET ROLE")
        yield
        execute(f"SET ROLE {WEB}")


@contextmanager
def unguarded() -> Iterator[None]:
    """For what whoever owns the whole server can do: work with the triggers asleep."""
    with as_owner():
        execute("SET LOCAL session_replication_role = replica")
        yield
        execute("SET LOCAL session_replication_role = origin")


def empty_what_is_filled(
    _operations: DatabaseOperations, _style: Any, tables: list[str], **_kwargs: Any
) -> list[str]:
    """Between tests: what was written to. Truncating every table takes fifty times as long."""
    filled = ", ".join(f"'{table}'" for table in sorted(set(tables) - MADE_WITH_THE_TABLES))
    return [EMPTY.format(tables=filled)]


def empty_as_owner(_operations: DatabaseOperations, statements: list[str]) -> None:
    """The audit trail, too, is emptied, which it refuses otherwise."""
    with unguarded():
        for statement in statements:
            execute(statement)


def execute(statement: str, values: list[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
