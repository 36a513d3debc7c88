"""Many therapists at once, with their licences and their index, made by the database itself."""

from datetime import datetime, timedelta

from django.db import connection

from accounts import licensure

# Of ten states in turn, each fifth with a compact that opens the others; all else in turn, too.
HOME = "(ARRAY['IL','TX','CA','NY','FL','PA','OH','GA','NC','MI'])[n % 10 + 1]"
PEOPLE = """
INSERT INTO accounts_user (id, ref, password, email, is_active, is_demo, date_joined,
    sessions_epoch)
  SELECT n, gen_random_uuid(), '', ''::bytea, true, false, now(), 0 FROM generate_series({span}) n;
INSERT INTO accounts_provider (id, user_id, practice_id, slug, name, credentials, profession,
    pronouns, npi, approach, concerns, languages, methods, age_groups, gender, identities, payers,
    zone, fee_cents, is_accepting, verified_on)
  SELECT n, n, 1, 'p' || n, 'Therapist ' || n, 'PsyD', 'Psychologist', '',
    (1000000000 + n)::text, repeat('Plain steps you can try between visits. ', 6),
    ARRAY[(ARRAY['anxiety','grief','sleep','trauma','ocd'])[n / 7 % 5 + 1], 'work'],
    ARRAY['en'], ARRAY['cbt'], ARRAY['adult'], '', ARRAY[]::text[],
    ARRAY[(ARRAY['Aetna','Cigna','Kaiser'])[n % 3 + 1]], 'America/Chicago', 15000, true, now()
  FROM generate_series({span}) n;
INSERT INTO appointments_schedule (provider_id, visit_minutes, buffer_before_minutes,
    buffer_after_minutes, step_minutes, lead_minutes, horizon_days, revision)
  SELECT n, 50, 0, 10, 15, 120, 42, 0 FROM generate_series({span}) n;
INSERT INTO accounts_spellings (provider_id, forms)
  SELECT n, CASE n % 4 WHEN 0 THEN ARRAY['grief','rief','gief','gref','grif','grie']
    ELSE ARRAY['plain','lain','pain','plin','plan','plai'] END || ARRAY['therapist', 'w' || n]
  FROM generate_series({span}) n;
INSERT INTO accounts_licence (provider_id, state, compact, number, valid_from, valid_until)
  SELECT n, {home}, '', 'L' || n, date '2020-01-01', date '2099-01-01'
  FROM generate_series({span}) n
  UNION ALL
  SELECT n, {home}, 'psypact', 'P' || n, date '2020-01-01', date '2099-01-01'
  FROM generate_series({span}) n WHERE n % 5 = 2;
"""
INDEX = """
INSERT INTO appointments_indexed (provider_id, due_at)
  SELECT n, now() + interval '1 day' FROM generate_series({span}) n;
INSERT INTO appointments_freeinterval (provider_id, starts_at, ends_at, step_minutes)
  SELECT n, at, at + interval '2 hours', 15
  FROM generate_series({span}) n, generate_series(0, 15) day,
  LATERAL (SELECT %s::timestamptz + (n %% 300) * interval '15 minutes' + day * interval '1 day')
    t (at);
INSERT INTO appointments_opening (provider_id, state, starts_at, load, shuffle)
  SELECT n, state, %s::timestamptz + (n %% 300) * interval '15 minutes', n %% 7,
    hashint4(n) & 65535
  FROM generate_series({span}) n,
  LATERAL (SELECT {home} UNION SELECT unnest(%s::text[]) WHERE n %% 5 = 2) t (state);
"""
TABLES = """
VACUUM ANALYZE accounts_user, accounts_provider, accounts_licence, accounts_spellings,
  appointments_schedule, appointments_freeinterval, appointments_opening
"""


def make(count: int, *, now: datetime) -> None:
    """Make as many as are missing of `count`. Needs the owner of the whole server."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM accounts_provider")
        [made] = cursor.fetchone()
        span = f"{made + 1}, {count}"
        # Rows of the site's own are kept right by triggers, one by one; these are right as made.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "INSERT INTO accounts_practice (id, name, phone, zone)"
            " VALUES (1, 'Bench', '312-555-0100', 'America/Chicago') ON CONFLICT DO NOTHING"
        )
        cursor.execute(PEOPLE.format(span=span, home=HOME))
        soon = now + timedelta(hours=3)
        members = sorted(licensure.members_of("psypact"))
        cursor.execute(INDEX.format(span=span, home=HOME.replace("%", "%%")), [soon, soon, members])
        cursor.execute("SET session_replication_role = origin")
        cursor.execute(TABLES)
