"""Database functions for constraints and migrations. Imports no model: migrations import this."""

from django.contrib.postgres.fields import BigIntegerRangeField, DateTimeRangeField
from django.db import migrations
from django.db.models import Func


class TimeRange(Func):
    """tstzrange(start, end, '[)'): half-open, so a visit until 10:00 leaves 10:00 free."""

    function = "tstzrange"
    output_field = DateTimeRangeField()


class IdRange(Func):
    """An id as a one-element range: exclusion by && then needs no btree_gist extension."""

    function = "int8range"
    template = "%(function)s(%(expressions)s, %(expressions)s, '[]')"
    output_field = BigIntegerRangeField()


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
