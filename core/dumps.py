"""A copy of the whole database by PostgreSQL's own tools, and its way back into a server.

Such a copy holds what is readable in the database, e-mail addresses for one: whoever makes one
keeps it shut and short.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg
from django.db import connection
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from core import postgres_home

# Roles belong to a server, not to a database, so that no dump makes them; their grants are in it.
ROLES = "SELECT rolname FROM pg_roles WHERE NOT rolsuper AND rolname NOT LIKE 'pg\\_%'"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"


class Failed(Exception):
    """A tool gave up. The message names it, and holds nothing of a row."""


@dataclass(frozen=True)
class Source:
    """What a dump is compared with: both are of one moment, however much is written meanwhile."""

    rows: dict[str, int]  # by table
    roles: list[str]


def dump(path: Path) -> Source:
    """
    Write the database of Django's connection, whose role must own it, to a file that only we read.

    :raises Failed:
    """
    with _session_of(connection) as (database, address), _open(path) as file:
        database.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        database.read_only = True
        snapshot = _column(database, "SELECT pg_export_snapshot()")[0]
        _run("pg_dump", "--format=custom", f"--snapshot={snapshot}", address=address, stdout=file)
        return Source(rows=count_rows(database), roles=_column(database, ROLES))


def restore(path: Path, url: str, *, roles: list[str]) -> None:
    """
    Put a dump into the empty database at `url`, as its superuser.

    :raises Failed:
    """
    with psycopg.connect(url) as database:
        present = _column(database, "SELECT rolname FROM pg_roles")
        for role in set(roles) - set(present):
            database.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
    with path.open("rb") as file:
        _run("pg_restore", "--exit-on-error", "--no-owner", address=url, stdin=file)


def count_rows(database: psycopg.Connection[Any]) -> dict[str, int]:
    counts = {}
    for table in _column(database, TABLES):
        count = sql.SQL("SELECT count(*) FROM public.{}").format(sql.Identifier(table))
        counts[table] = _column(database, count)[0]
    return counts


@contextmanager
def _session_of(live: Any) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    """A session of our own where Django's connection leads, with the rights that it began with."""
    live.ensure_connection()
    address = make_conninfo(live.connection.info.dsn, password=live.connection.info.password)
    with psycopg.connect(address) as database:
        yield database, address


def _column(database: psycopg.Connection[Any], query: Any) -> list[Any]:
    return [value for (value,) in database.execute(query)]


def _open(path: Path) -> IO[bytes]:
    return open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600))


def _run(
    program: str,
    *options: str,
    address: str,
    stdin: IO[bytes] | None = None,
    stdout: IO[bytes] | None = None,
) -> None:
    place = {name: str(value) for name, value in conninfo_to_dict(address).items()}
    password = place.pop("password", "")  # not on a command line, which everybody may read
    options = (*options, "--no-password", f"--dbname={make_conninfo('', **place)}")
    done = subprocess.run(
        [postgres_home.programs() / "bin" / program, *options],
        check=False,
        stdin=stdin or subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={**os.environ, "PGPASSWORD": password, "LC_ALL": "C"},
    )
    if done.returncode != 0:
        raise Failed(f"{program}: {_first_error(done.stderr.decode(errors='replace'))}")


def _first_error(said: str) -> str:
    """Without the lines below it: DETAIL and CONTEXT quote the row."""
    lines = (line for line in said.splitlines() if "error:" in line)
    return next(lines, "failed").partition("error: ")[2] or "failed"
