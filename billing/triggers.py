"""What the database itself refuses in the books. Imports no model: the migration imports this."""

from django.db import migrations

# A payout names nobody: it is of the practice whose Stripe account the site has, the first.
# By the key, and so by its index: tests and imports have sources that are no UUID.
SOURCE = "CASE WHEN NEW.source_id ~ '^[0-9a-f-]{36}$' THEN NEW.source_id::uuid END"
ENTRYS_PRACTICE = f"""coalesce(CASE NEW.kind
    WHEN 'charge' THEN (SELECT practice_id FROM billing_charge WHERE id = {SOURCE})
    WHEN 'payment' THEN (SELECT practice_id FROM billing_payment WHERE id = {SOURCE})
    WHEN 'reversal' THEN (SELECT practice_id FROM billing_entry WHERE id = NEW.reverses_id)
  END, (SELECT min(id) FROM accounts_practice))"""  # noqa: S608 -- constants

# A fee is lowered, never raised: what was proposed is what the patient was told.
FEE_IS_LOWERED = migrations.RunSQL(
    sql="""
    CREATE FUNCTION billing_fee_is_lowered() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.amount_cents >
         (SELECT amount_cents FROM billing_feeproposal WHERE id = NEW.proposal_id) THEN
        RAISE EXCEPTION 'more than was proposed'
          USING ERRCODE = 'check_violation', CONSTRAINT = 'fee_decision_at_most_as_proposed';
      END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER billing_fee_is_lowered BEFORE INSERT ON billing_feedecision
      FOR EACH ROW EXECUTE FUNCTION billing_fee_is_lowered();
    """,
    reverse_sql="""
    DROP TRIGGER billing_fee_is_lowered ON billing_feedecision;
    DROP FUNCTION billing_fee_is_lowered();
    """,
)

# As its owner, to whom no row is hidden, whatever scope is in force at the commit.
# Deferred, because an entry comes before its lines: an immediate check would break batches.
ENTRY_IS_WHOLE = migrations.RunSQL(
    sql="""
    CREATE FUNCTION billing_entry_is_whole() RETURNS trigger LANGUAGE plpgsql
      SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
      entry billing_entry;
      found_count bigint;
      sum_cents numeric;
    BEGIN
      SELECT * INTO entry FROM billing_entry WHERE id = (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
      SELECT count(*), coalesce(sum(amount_cents), 0) INTO found_count, sum_cents
        FROM billing_line WHERE entry_id = entry.id;
      IF found_count < 2 OR found_count <> entry.lines_count OR sum_cents <> 0 THEN
        RAISE EXCEPTION 'entry % is not whole: % lines of %, sum % cents',
          entry.id, found_count, entry.lines_count, sum_cents
          USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_is_whole';
      END IF;
      RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER billing_entry_is_whole AFTER INSERT ON billing_entry
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
      EXECUTE FUNCTION billing_entry_is_whole('id');
    CREATE CONSTRAINT TRIGGER billing_line_keeps_entry_whole AFTER INSERT ON billing_line
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
      EXECUTE FUNCTION billing_entry_is_whole('entry_id');
    """,
    reverse_sql="""
    DROP TRIGGER billing_line_keeps_entry_whole ON billing_line;
    DROP TRIGGER billing_entry_is_whole ON billing_entry;
    DROP FUNCTION billing_entry_is_whole();
    """,
)
