"""Row-level security: the database keeps the practices apart, whatever a query forgets to ask for.

Each model says in `class Tenancy` how it comes to its practice. From that the owner makes, after a
migration, for each table: a column `practice_id`, where the model has none of its own, which a
trigger fills and nobody can change; and policies that compare it with what `core.tenancy` has told
the session. A column, and no join: a policy is asked at every row (docs/adr/0015).

    of          the field that leads there: "practice", or the parent whose practice it is
    found_by    SQL that finds it, where no field leads there; NULL: no practice's
    agrees      further parents, which must be of the same practice
    is_public   read by everybody: who is listed, when, with which licence; written by its own
    roads       named policies beside these, each for one purpose
    definers    functions that see every row, each of which tells one thing
    nobody      why no practice has such rows, in place of all the above
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Model

from core.tenancy import SETTING

DEFINER = "SECURITY DEFINER SET search_path = public, pg_temp"
# In a subselect, so that it is computed once a query and not once a row.
IN_FORCE = f"(SELECT nullif(current_setting('{SETTING}', true), '')::int8multirange)"

KEPT = """SELECT polrelid::regclass::text, obj_description(oid, 'pg_policy')
FROM pg_policy WHERE polname = 'practice'"""

COLUMN = """
ALTER TABLE {table} ADD COLUMN IF NOT EXISTS practice_id bigint;
"""
TRIGGER = """
CREATE OR REPLACE FUNCTION {table}_practice() RETURNS trigger LANGUAGE plpgsql {definer} AS $$
BEGIN
{found}  IF TG_OP = 'UPDATE' AND NEW.practice_id IS DISTINCT FROM OLD.practice_id THEN
    RAISE EXCEPTION 'a row of {table} stays in its practice'
      USING ERRCODE = 'check_violation', CONSTRAINT = '{table}_stays';
  END IF;
{agreed}  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS {table}_practice ON {table};
CREATE TRIGGER {table}_practice BEFORE INSERT OR UPDATE OF {columns} ON {table}
  FOR EACH ROW EXECUTE FUNCTION {table}_practice();
"""
AGREED = """  IF NEW.{column} IS NOT NULL AND NEW.practice_id IS DISTINCT FROM
     (SELECT practice_id FROM {parent} WHERE id = NEW.{column}) THEN
    RAISE EXCEPTION '{table}.{column} is of another practice'
      USING ERRCODE = 'check_violation', CONSTRAINT = '{table}_of_one_practice';
  END IF;
"""
# Rows from before there was the wall; append-only ones as well.
FILLED = """
ALTER TABLE {table} DISABLE TRIGGER USER;
UPDATE {table} AS new SET practice_id = {finder} WHERE practice_id IS NULL;
ALTER TABLE {table} ENABLE TRIGGER USER;
"""
# All that there were go first: a road that is no longer in the register must not stay open.
POLICIES = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
DO $$
DECLARE
  old name;
BEGIN
  FOR old IN SELECT polname FROM pg_policy WHERE polrelid = '{table}'::regclass LOOP
    EXECUTE format('DROP POLICY %I ON {table}', old);
  END LOOP;
END $$;
CREATE POLICY practice ON {table} USING ({key} <@ {in_force});
"""
ROAD = """
CREATE POLICY {name} ON {table} {rule};
"""
PUBLIC = {"listed": "FOR SELECT USING (true)"}


def raise_all(*, using: str = DEFAULT_DB_ALIAS, **_signal: Any) -> None:
    """After a migration, as the owner: make the walls that are missing or have changed.

    Nothing is locked where nothing has changed.
    """
    with transaction.atomic(using), connections[using].cursor() as cursor:
        present = set(connections[using].introspection.table_names(cursor))
        if {table_of(model) for model in walled()} - present:
            return  # some app is not migrated yet
        cursor.execute(KEPT)
        kept = dict(cursor.fetchall())
        stale = [m for m in walled() if kept.get(table_of(m)) != fingerprint(m)]
        for sql in [*map(column, stale), *map(definers, stale), *map(wall, stale)]:
            if sql:
                cursor.execute(sql)


def walled() -> list[type[Model]]:
    """The models whose rows belong to a practice, parents first."""
    found = [m for m in apps.get_models() if hasattr(m, "Tenancy") and not says(m, "nobody")]
    return sorted(found, key=depth)


def says(model: type[Model], what: str) -> Any:
    return getattr(model.Tenancy, what, None)  # type: ignore[attr-defined]  # a house test asks for it


def depth(model: type[Model]) -> int:
    parent = parent_of(model)
    return 1 + depth(parent) if parent else 0


def parent_of(model: type[Model]) -> type[Model] | None:
    """The model whose practice a row has; None where the row itself says or finds it."""
    return (
        None if says(model, "of") in (None, "id", "practice") else related(model, says(model, "of"))
    )


def related(model: type[Model], field: str) -> type[Model]:
    found: type[Model] = model._meta.get_field(field).related_model  # type: ignore[assignment]  # noqa: SLF001 -- documented
    return found


def table_of(model: type[Model]) -> str:
    return model._meta.db_table  # noqa: SLF001 -- documented


def column_of(model: type[Model], field: str) -> str:
    return str(model._meta.get_field(field).column)  # type: ignore[union-attr]  # noqa: SLF001 -- documented


def key_of(model: type[Model]) -> str:
    return "id" if says(model, "of") == "id" else "practice_id"


def fingerprint(model: type[Model]) -> str:
    return sha256((column(model) + definers(model) + build(model)).encode()).hexdigest()


def is_derived(model: type[Model]) -> bool:
    """Whether the practice is found, by a trigger, and not named by the row."""
    return says(model, "of") not in ("id", "practice")


def column(model: type[Model]) -> str:
    return COLUMN.format(table=table_of(model)) if is_derived(model) else ""


def definers(model: type[Model]) -> str:
    return "".join(says(model, "definers") or ())


def wall(model: type[Model]) -> str:
    mark = f"COMMENT ON POLICY practice ON {table_of(model)} IS '{fingerprint(model)}';"
    return build(model) + mark


def build(model: type[Model]) -> str:
    return "".join([*(trigger(model) if key_of(model) == "practice_id" else ()), *policies(model)])


def trigger(model: type[Model]) -> Iterator[str]:
    table, agrees = table_of(model), says(model, "agrees") or ()
    watched = [says(model, "of"), *agrees]
    columns = {"practice_id", *(column_of(model, name) for name in watched if name)}
    finder = finder_of(model)
    yield TRIGGER.format(
        table=table,
        definer=DEFINER,
        found=f"  NEW.practice_id := {finder};\n" if finder else "",
        agreed="".join(agreed(model, name) for name in agrees),
        columns=", ".join(sorted(columns)),
    )
    if finder:
        yield FILLED.format(table=table, finder=finder.replace("NEW.", "new."))
    if finder and not says(model, "found_by"):
        yield f"ALTER TABLE {table} ALTER COLUMN practice_id SET NOT NULL;\n"
    yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_practice;\n"  # in a replica as well


def finder_of(model: type[Model]) -> str:
    if found_by := says(model, "found_by"):
        return str(found_by)
    if parent := parent_of(model):
        column = column_of(model, says(model, "of"))
        return f"(SELECT practice_id FROM {table_of(parent)} WHERE id = NEW.{column})"  # noqa: S608 -- names of ours
    return ""


def agreed(model: type[Model], field: str) -> str:
    return AGREED.format(
        table=table_of(model),
        column=column_of(model, field),
        parent=table_of(related(model, field)),
    )


def policies(model: type[Model]) -> Iterator[str]:
    table = table_of(model)
    yield POLICIES.format(table=table, key=key_of(model), in_force=IN_FORCE)
    roads = (PUBLIC if says(model, "is_public") else {}) | (says(model, "roads") or {})
    for name, rule in roads.items():
        yield ROAD.format(table=table, name=name, rule=rule)
