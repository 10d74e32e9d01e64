-- which months can be asked about
SELECT DISTINCT month
FROM subscriptions.mrr
ORDER BY month
