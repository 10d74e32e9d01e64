-- what fell most on each playlist, three videos a day
-- Against the newest earlier day on which the playlist was delivered.
SELECT day, playlists.name AS playlist, title, previous_position, position, position - previous_position AS places
FROM playlists.movers
JOIN playlists.playlists USING (playlist_id)
JOIN playlists.videos USING (video_id)
WHERE move = 'fell' AND date_trunc('month', day) = getvariable('month')
QUALIFY row_number() OVER (PARTITION BY day, playlist_id ORDER BY places DESC, video_id) <= 3
ORDER BY day, playlist, places DESC, title
