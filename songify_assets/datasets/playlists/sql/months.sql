-- which months can be asked about
SELECT DISTINCT date_trunc('month', day)::DATE AS month
FROM playlists.playlist_views_log
ORDER BY month
