-- the top artist of each day
-- Most song plays; of several the first by name. Artists are told as logged.
SELECT date, artist_name, plays
FROM listening.top_artists_daily
WHERE rank = 1 AND date_trunc('month', date) = getvariable('month')
ORDER BY date
