"""Words that are told about one patient alone, and the database's own tools to look for them."""

import os
import subprocess
from datetime import date

from django.db import connection

from core import postgres_home

CANARY = "zanzibar"
PHONE = "202-555-0147"
BORN = date(1931, 7, 19)
PROGRAMS = postgres_home.programs() / "bin"


def dump(*options):
    """The whole database, as pg_dump writes it."""
    return run("pg_dump", *options)


def restore(text):
    """Bring the database back to what it was."""
    run("psql", "--quiet", "--set=ON_ERROR_STOP=1", text=text)


def run(program, *options, text=""):
    connection.ensure_connection()
    address = connection.connection.info
    command = [PROGRAMS / program, *options, "--dbname", address.dsn]
    environment = {**os.environ, "PGPASSWORD": address.password}
    connection.close()
    done = subprocess.run(
        command, env=environment, input=text, capture_output=True, check=True, text=True
    )
    return done.stdout
