"""What the database tells anybody of visits: when providers have no time, and nothing else."""

# When providers of whatever practice have no time, and until when if it is only held: all that a
# directory needs to know of visits, and of what else they have to do. One's own hold keeps nobody
# from the time, and one that has run out neither.
BUSY_TIMES = """
DROP FUNCTION IF EXISTS busy_times(bigint[], timestamptz, text);
CREATE FUNCTION busy_times(providers bigint[], at timestamptz, by_holder text)
  RETURNS TABLE (
    provider_id bigint, starts_at timestamptz, ends_at timestamptz, held_until timestamptz,
    is_visit boolean)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT provider_id, block_starts_at, block_ends_at, held_until, true
  FROM appointments_appointment
  WHERE provider_id = ANY (providers) AND block_ends_at > at
    AND (status IN ('booked', 'arrived', 'fulfilled')
      OR status = 'held' AND held_until > at AND holder <> by_holder)
  UNION ALL
  SELECT calendar.provider_id, busy.starts_at, busy.ends_at, NULL, false
  FROM appointments_externalbusy AS busy
  JOIN appointments_externalcalendar AS calendar ON calendar.id = busy.calendar_id
  WHERE calendar.provider_id = ANY (providers) AND busy.ends_at > at
$$;
"""

# When visits of these providers begin, that take time: for who takes no more than some on a day.
VISIT_STARTS = """
CREATE OR REPLACE FUNCTION visit_starts(
  providers bigint[], since timestamptz, at timestamptz, by_holder text)
  RETURNS TABLE (provider_id bigint, starts_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT provider_id, starts_at FROM appointments_appointment
  WHERE provider_id = ANY (providers) AND starts_at >= since
    AND (status IN ('booked', 'arrived', 'fulfilled')
      OR status = 'held' AND held_until > at AND holder <> by_holder)
$$;
"""
