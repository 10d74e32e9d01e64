-- users who watched at least half of a film in the month's last week
-- Distinct users with a stream of which the part inside the month's last 7 days (local time) is at least half of the film.
WITH week AS (
    SELECT (getvariable('month') + INTERVAL '1 month' - INTERVAL '7 days') AT TIME ZONE getvariable('timezone') AS starts_at,
           (getvariable('month') + INTERVAL '1 month') AT TIME ZONE getvariable('timezone') AS ends_at
)
SELECT count(DISTINCT user_key) AS value,
       'users' AS unit
FROM viewing.streams, week
WHERE date_trunc('month', stream_date) = getvariable('month')
  AND start_at < ends_at
  AND end_at > starts_at
  AND movie_duration_mins > 0
  AND epoch(least(end_at, ends_at) - greatest(start_at, starts_at)) >= movie_duration_mins * 60 / 2
