-- which months can be asked about
SELECT DISTINCT month
FROM marketing.attribution
ORDER BY month
