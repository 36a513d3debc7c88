"""What the web role may do in the database: work with rows, and nothing to the audit trail but add.

The owner migrates; the web, the worker and the beat use a role that owns nothing. So a fault in
them cannot drop a trigger, and cannot change or remove what the trail holds.
"""

from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import sql

STEPS = """
GRANT USAGE ON SCHEMA public TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role};
REVOKE UPDATE, DELETE ON core_auditevent FROM {role};
REVOKE INSERT, UPDATE, DELETE ON core_audithead, django_migrations FROM {role};
"""


def give_rights(*, using: str = DEFAULT_DB_ALIAS, **_signal: Any) -> None:
    """After a migration: what is new is open to the web role as well."""
    if settings.DATABASE_WEB_ROLE:
        give(settings.DATABASE_WEB_ROLE, using=using)


def give(role: str, *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Give `role` its rights, and take away those it must not have. Needs the owner."""
    statement = sql.SQL(STEPS).format(role=sql.Identifier(role))
    with connections[using].cursor() as cursor:
        cursor.execute(statement)
