"""What the database itself does for the index of free time. Migrations import this; it, no model.

Whatever changes when a provider has time makes her row of `appointments_indexed` due, in the same
transaction, whoever writes and by whatever road. The row is locked by that, too: whoever renews
the index waits for the change, or the change for her.
"""

from django.db import migrations

DUE = """
CREATE FUNCTION index_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE appointments_indexed SET due_at = 'epoch'
  WHERE provider_id IN (OLD.provider_id, NEW.provider_id) AND due_at > 'epoch';
  RETURN NULL;
END $$;
"""
HOURS = """
CREATE TRIGGER {table}_index_due AFTER INSERT OR UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION index_due();
"""
HOURS_TABLES = (
    "appointments_schedule",
    "appointments_availabilityrule",
    "appointments_availabilityexception",
    "appointments_leave",
    "accounts_licence",
)
# A hold that is confirmed, and a visit that begins or is completed, take the same time as before.
TAKES = "{row}.status IN ('held', 'booked', 'arrived', 'fulfilled')"
TIMES = "({row}.provider_id, {row}.block_starts_at, {row}.block_ends_at, {takes})"
# Where a provider is busy elsewhere, the calendar says whose time it is.
EXTERNAL = """
CREATE FUNCTION index_due_elsewhere() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE appointments_indexed SET due_at = 'epoch'
  WHERE due_at > 'epoch' AND provider_id IN (
    SELECT provider_id FROM appointments_externalcalendar
    WHERE id IN (OLD.calendar_id, NEW.calendar_id));
  RETURN NULL;
END $$;
CREATE TRIGGER appointments_externalbusy_index_due AFTER INSERT OR UPDATE OR DELETE
  ON appointments_externalbusy FOR EACH ROW EXECUTE FUNCTION index_due_elsewhere();
"""
VISITS = """
CREATE TRIGGER appointments_appointment_index_due AFTER INSERT OR DELETE
  ON appointments_appointment FOR EACH ROW EXECUTE FUNCTION index_due();
CREATE TRIGGER appointments_appointment_index_due_when_moved AFTER UPDATE
  ON appointments_appointment FOR EACH ROW WHEN ({old} IS DISTINCT FROM {new})
  EXECUTE FUNCTION index_due();
""".format(**{row: TIMES.format(row=row, takes=TAKES.format(row=row)) for row in ("old", "new")})
PROVIDERS = """
CREATE FUNCTION index_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO appointments_indexed (provider_id, due_at) VALUES (NEW.id, 'epoch')
  ON CONFLICT (provider_id) DO UPDATE SET due_at = 'epoch';
  RETURN NULL;
END $$;
CREATE TRIGGER accounts_provider_index_begins AFTER INSERT OR UPDATE OF zone
  ON accounts_provider FOR EACH ROW EXECUTE FUNCTION index_begins();
"""

# How near a time is, from 1 down: a week away it is half as near. Never 0, so that of two times
# the sooner one is always nearer.
NEARNESS = """
CREATE FUNCTION nearness(starts_at timestamptz, since timestamptz) RETURNS double precision
  LANGUAGE sql IMMUTABLE AS $$
  SELECT 1 / (1 + greatest(0, extract(epoch FROM starts_at - since)::float8) / 604800)
$$;
"""


def index_functions() -> migrations.RunSQL:
    """A migration step that adds what the directory asks of the index."""
    return migrations.RunSQL(sql=NEARNESS, reverse_sql="DROP FUNCTION nearness;")


def index_due() -> migrations.RunSQL:
    """A migration step after which no change of a provider's time goes unnoticed."""
    hours = "".join(HOURS.format(table=table) for table in HOURS_TABLES)
    return migrations.RunSQL(
        sql=DUE + hours + EXTERNAL + VISITS + PROVIDERS,
        reverse_sql="DROP FUNCTION index_due, index_due_elsewhere, index_begins CASCADE;",
    )
