-- how many logins of a day came late
-- Late is later than SONGIFY_LIVE_LATENESS_SECONDS after the end of the login's minute.
SELECT login_date, sum(events)::BIGINT AS logins, sum(late)::BIGINT AS late, sum(late) / sum(events) AS late_share
FROM live.logins_daily
WHERE date_trunc('month', login_date) = getvariable('month')
GROUP BY login_date
ORDER BY login_date
