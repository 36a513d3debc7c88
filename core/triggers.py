"""What the database itself does for the audit trail. Imports no model: the migration imports this.

Each event is a link of a chain: its hash covers the hash before it and all of the row. Whoever
writes first locks the chain's head, so that links follow one another; others wait for its commit.
"""

from django.db import migrations

from core.db import REFUSE_CHANGE

# As the owner, so that those who may only add events need no right to write heads.
LINK = """
CREATE FUNCTION audit_link() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
DECLARE
  head core_audithead;
BEGIN
  NEW.chain := coalesce(NEW.patient_id, 0);
  SELECT * INTO head FROM core_audithead WHERE chain = NEW.chain FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO core_audithead VALUES (NEW.chain, 0, repeat('0', 64)) ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT head FROM core_audithead WHERE chain = NEW.chain FOR UPDATE;
  END IF;
  NEW.number := head.number + 1;
  NEW.previous := head.hash;
  NEW.hash := encode(sha256(convert_to(NEW.previous || jsonb_build_array(
    NEW.chain, NEW.number, NEW.id, (extract(epoch FROM NEW.at) * 1000000)::bigint, NEW.action,
    NEW.by_id, NEW.on_behalf_of_id, NEW.role, NEW.reason, NEW.purpose, NEW.request_id,
    NEW.patient_id, NEW.subject_type, NEW.subject_id)::text, 'UTF8')), 'hex');
  UPDATE core_audithead SET number = NEW.number, hash = NEW.hash WHERE chain = NEW.chain;
  RETURN NEW;
END $$;
CREATE TRIGGER audit_link BEFORE INSERT ON core_auditevent
  FOR EACH ROW EXECUTE FUNCTION audit_link();
"""

# Called by a statement, a trigger is one deep; called by another trigger's statement, two.
GUARD_HEADS = """
CREATE FUNCTION audit_guard_heads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION '% is written by its trigger only', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER audit_guard_heads BEFORE INSERT OR UPDATE ON core_audithead
  FOR EACH ROW EXECUTE FUNCTION audit_guard_heads();
"""

REFUSE = f"""
{REFUSE_CHANGE}
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON core_auditevent
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON core_auditevent
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_heads_stay BEFORE DELETE ON core_audithead
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_heads_not_emptied BEFORE TRUNCATE ON core_audithead
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

# What concerns a patient belongs to her practice, and what concerns none, to that of who did it: to
# nobody's where that is no practice, or more than one (core/walls.py).
EVENTS_PRACTICE = """CASE WHEN NEW.patient_id IS NOT NULL
    THEN (SELECT practice_id FROM accounts_patient WHERE id = NEW.patient_id)
    ELSE (SELECT lower(held) FROM CAST(practices_of(NEW.by_id) AS int8multirange) AS held
          WHERE upper(held) - lower(held) = 1) END"""

AUDIT_IS_CHAINED = migrations.RunSQL(
    sql=LINK + GUARD_HEADS + REFUSE,
    reverse_sql="""
    DROP TRIGGER audit_heads_not_emptied ON core_audithead;
    DROP TRIGGER audit_heads_stay ON core_audithead;
    DROP TRIGGER audit_not_emptied ON core_auditevent;
    DROP TRIGGER audit_append_only ON core_auditevent;
    DROP TRIGGER audit_guard_heads ON core_audithead;
    DROP FUNCTION audit_guard_heads();
    DROP TRIGGER audit_link ON core_auditevent;
    DROP FUNCTION audit_link();
    """,
)
