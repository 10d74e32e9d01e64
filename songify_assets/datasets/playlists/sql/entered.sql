-- what entered each playlist
-- Against the newest earlier day on which the playlist was delivered; position 0 is the first.
SELECT day, playlists.name AS playlist, title, position AS position
FROM playlists.movers
JOIN playlists.playlists USING (playlist_id)
JOIN playlists.videos USING (video_id)
WHERE move = 'entered' AND date_trunc('month', day) = getvariable('month')
ORDER BY day, playlist, position, title
