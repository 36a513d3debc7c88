"""Working in another database than the site's own."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.conninfo import conninfo_to_dict

from core.database.base import DatabaseWrapper

NAMES = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}


@contextmanager
def elsewhere(url: str) -> Iterator[None]:
    """Inside, all that this thread asks the database goes to the one at `url`, and nowhere else."""
    own, found = connections[DEFAULT_DB_ALIAS], conninfo_to_dict(url)
    address = {name: str(found.get(key, "")) for name, key in NAMES.items()}
    other = DatabaseWrapper({**own.settings_dict, **address, "OPTIONS": {}}, DEFAULT_DB_ALIAS)
    connections[DEFAULT_DB_ALIAS] = other
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = own
        other.close()
