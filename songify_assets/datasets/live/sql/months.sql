-- which months can be asked about
SELECT DISTINCT date_trunc('month', date)::DATE AS month
FROM live.parity
ORDER BY month
