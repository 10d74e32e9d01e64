-- whom the shops of each country pay
-- Plays of 60 seconds and more. Those of unknown tracks have no licensor and are in the total.
SELECT country, licensor, plays, country_plays, share
FROM royalties.market_share
WHERE month = getvariable('month')
ORDER BY country, plays DESC, licensor
