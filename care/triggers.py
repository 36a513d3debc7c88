"""What the database itself does for psychotherapy notes. Imports no model: a migration needs it.

A note that is there is as it was written; and one that a court or an inquiry may ask for is there.
"""

from django.db import migrations

from core.db import REFUSE_CHANGE

REFUSE_WHILE_HELD = """
CREATE FUNCTION refuse_while_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM accounts_legalhold
             WHERE patient_id = OLD.patient_id AND lifted_at IS NULL) THEN
    RAISE EXCEPTION '% is under a legal hold', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN OLD;
END $$;
"""

PSYCHOTHERAPY_NOTES_STAY = migrations.RunSQL(
    sql=f"""{REFUSE_CHANGE}{REFUSE_WHILE_HELD}
    CREATE TRIGGER psychotherapy_note_unchanged BEFORE UPDATE ON care_psychotherapynote
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER psychotherapy_note_held BEFORE DELETE ON care_psychotherapynote
    FOR EACH ROW EXECUTE FUNCTION refuse_while_held();""",
    reverse_sql="""
    DROP TRIGGER psychotherapy_note_held ON care_psychotherapynote;
    DROP TRIGGER psychotherapy_note_unchanged ON care_psychotherapynote;
    DROP FUNCTION refuse_while_held();
    """,
)
