-- average songs a day, and a user and day
-- Days without a play count as days; a user counts on each day on which they played something.
SELECT avg(plays) AS songs_a_day,
       sum(plays) / nullif(sum(users), 0) AS songs_a_user_and_day,
       sum(plays) AS songs,
       count(*) AS days
FROM listening.daily_totals
WHERE date_trunc('month', date) = getvariable('month')
