-- the busiest minute of each day
SELECT login_date, minute, sum(events)::BIGINT AS logins
FROM live.logins_by_minute
WHERE date_trunc('month', login_date) = getvariable('month')
GROUP BY login_date, minute
QUALIFY row_number() OVER (PARTITION BY login_date ORDER BY sum(events) DESC, minute) = 1
ORDER BY login_date
