-- users watching "Unforgiven" on 25 December, 07:00 to 12:00
-- Distinct users with a stream of "Unforgiven" in progress at any moment of 25 December 07:00 to 12:00 local time.
-- NULL in months other than December.
SELECT CASE WHEN month(getvariable('month')) = 12 THEN count(DISTINCT user_key) END AS value,
       'users' AS unit
FROM viewing.streams
WHERE date_trunc('month', stream_date) = getvariable('month')
  AND movie_key = 'unforgiven'
  AND start_at < (getvariable('month') + INTERVAL '24 days 12 hours') AT TIME ZONE getvariable('timezone')
  AND end_at > (getvariable('month') + INTERVAL '24 days 7 hours') AT TIME ZONE getvariable('timezone')
