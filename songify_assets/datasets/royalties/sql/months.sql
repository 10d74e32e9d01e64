-- which months can be asked about
SELECT DISTINCT month
FROM royalties.market_share
ORDER BY month
