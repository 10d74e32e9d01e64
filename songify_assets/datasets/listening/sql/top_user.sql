-- the top user of each day
-- Most song plays; of several the first by user_id. The name is that of their last event.
SELECT date, user_id, concat_ws(' ', first_name, last_name) AS name, plays
FROM listening.top_users_daily
LEFT JOIN listening.users USING (user_id)
WHERE rank = 1 AND date_trunc('month', date) = getvariable('month')
ORDER BY date
