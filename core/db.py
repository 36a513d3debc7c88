"""Database functions for constraints and migrations. Imports no model: migrations import this."""

from django.contrib.postgres.fields import (
    BigIntegerRangeField,
    DateRangeField,
    DateTimeRangeField,
    IntegerRangeField,
)
from django.db import migrations
from django.db.models import Func


class TimeRange(Func):
    """tstzrange(start, end, '[)'): half-open, so a visit until 10:00 leaves 10:00 free."""

    function = "tstzrange"
    output_field = DateTimeRangeField()


class DayRange(Func):
    """daterange(first, last, '[]'): both days included, and NULL is without end."""

    function = "daterange"
    template = "%(function)s(%(expressions)s, '[]')"
    output_field = DateRangeField()


class MinuteRange(Func):
    """int4range(from, to): half-open minutes of a day; of NULLs, the whole day."""

    function = "int4range"
    output_field = IntegerRangeField()


class IdRange(Func):
    """An id as a one-element range: exclusion by && then needs no btree_gist extension."""

    function = "int8range"
    template = "%(function)s(%(expressions)s, %(expressions)s, '[]')"
    output_field = BigIntegerRangeField()


def cache_table(table: str) -> migrations.RunSQL:
    """A migration step that makes the table of Django's database cache.

    Unlogged: counts of tries need not outlive a crash, and need no write-ahead log.
    """
    return migrations.RunSQL(
        sql=f"""CREATE UNLOGGED TABLE {table} (
            cache_key varchar(255) PRIMARY KEY,
            value text NOT NULL,
            expires timestamp with time zone NOT NULL
        );
        CREATE INDEX {table}_expires ON {table} (expires);""",
        reverse_sql=f"DROP TABLE {table};",
    )


REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""


def append_only(table: str) -> migrations.RunSQL:
    """A migration step after which rows of `table` can be added but never changed or removed."""
    return migrations.RunSQL(
        sql=f"""{REFUSE_CHANGE}
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION refuse_change();""",
        reverse_sql=f"DROP TRIGGER {table}_append_only ON {table};",
    )


KEEP_BUT = """
CREATE OR REPLACE FUNCTION keep_but() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  may_set text := TG_ARGV[0];
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(OLD) ->> may_set IS NULL
     AND to_jsonb(NEW) - may_set = to_jsonb(OLD) - may_set THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""


def append_only_but(table: str, column: str) -> migrations.RunSQL:
    """Like `append_only`, but an empty `column` may be filled once."""
    return migrations.RunSQL(
        sql=f"""{KEEP_BUT}
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION keep_but('{column}');""",
        reverse_sql=f"DROP TRIGGER {table}_append_only ON {table};",
    )


def sealed_by(table: str, column: str) -> migrations.RunSQL:
    """A migration step after which a row of `table` cannot change once `column` is filled."""
    return migrations.RunSQL(
        sql=f"""{REFUSE_CHANGE}
        CREATE TRIGGER {table}_sealed BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW WHEN (OLD.{column} IS NOT NULL) EXECUTE FUNCTION refuse_change();""",
        reverse_sql=f"DROP TRIGGER {table}_sealed ON {table};",
    )
