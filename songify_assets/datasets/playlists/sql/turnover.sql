-- the turnover of each playlist a week
-- Videos that entered in a week, as a share of the places that the playlist had on its last day in it.
WITH moved AS (
    SELECT playlist_id, date_trunc('week', day)::DATE AS week, count(*) FILTER (move = 'entered') AS entered,
           count(*) FILTER (move = 'left') AS left_it
    FROM playlists.movers GROUP BY ALL),
held AS (
    SELECT playlist_id, date_trunc('week', day)::DATE AS week, day, count(*) AS places
    FROM playlists.playlist_positions_log GROUP BY playlist_id, day
    QUALIFY row_number() OVER (PARTITION BY playlist_id, week ORDER BY day DESC) = 1)
SELECT week, name AS playlist, entered, left_it AS "left", places, entered / places AS turnover
FROM moved JOIN held USING (playlist_id, week) JOIN playlists.playlists USING (playlist_id)
WHERE date_trunc('month', week + 6) = getvariable('month')
ORDER BY week, turnover DESC, playlist
