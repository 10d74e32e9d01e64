-- the reach of each artist: the views of the playlists that hold it
-- On the last delivered day of the month; a playlist counts once, however many videos of the artist it holds.
WITH of_month AS (FROM playlists.playlist_positions_log WHERE date_trunc('month', day) = getvariable('month')),
newest AS (SELECT max(day) AS day FROM of_month),
holding AS (
    SELECT DISTINCT day, playlist_id, artist_key
    FROM of_month JOIN newest USING (day)
    JOIN playlists.videos USING (video_id)
    JOIN playlists.artists ON artists.name = videos.artist_name OR artists.artist_key = lower(trim(videos.artist_name)))
SELECT day, artists.name AS artist, count(*) AS playlists, sum(views)::BIGINT AS reach
FROM holding JOIN playlists.playlist_views_log USING (day, playlist_id) JOIN playlists.artists USING (artist_key)
GROUP BY ALL
ORDER BY reach DESC, artist
LIMIT 20
