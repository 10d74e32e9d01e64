-- users who have not listened
-- Seen in the log by the end of the month, and without a single song play over all data.
SELECT user_id, concat_ws(' ', first_name, last_name) AS name, level, silent.first_seen_at
FROM listening.silent_users AS silent
JOIN listening.users USING (user_id)
WHERE silent.first_seen_at < getvariable('month') + INTERVAL 1 MONTH
ORDER BY user_id
