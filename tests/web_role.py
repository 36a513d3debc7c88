"""Tests work in the database with the rights of the web role; what they need beyond, they ask for.

The connection is the owner's, who makes the tests' database. It steps down when it is opened.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pytest
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


def step_down_from_now_on(patch: pytest.MonkeyPatch) -> None:
    """Every connection that is opened from here on has the rights of the web role only."""
    execute(MAKE_ROLE)
    grants.give(WEB)
    walls.raise_all()
    connection.close()
    patch.setattr(DatabaseOperations, "execute_sql_flush", empty_as_owner)
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


def empty_as_owner(_operations: DatabaseOperations, statements: list[str]) -> None:
    """Between tests: the audit trail, too, is emptied, which it refuses otherwise."""
    with unguarded():
        for statement in statements:
            execute(statement)


def execute(statement: str, values: list[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
