-- how often users logged in, from where, and how many of them
SELECT country, count(*) AS logins, count(DISTINCT user_id) AS users, count(DISTINCT login_date) AS days
FROM live.logins
WHERE date_trunc('month', login_date) = getvariable('month')
GROUP BY country
ORDER BY logins DESC, country
