-- users and artists accumulated by each day
-- Distinct users who ever played a song up to the day, and distinct artists, as logged, that they played.
SELECT date, users_to_date, artists_to_date, new_users
FROM listening.daily_totals
WHERE date_trunc('month', date) = getvariable('month')
ORDER BY date
