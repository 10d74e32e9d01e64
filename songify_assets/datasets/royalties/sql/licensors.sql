-- how much each licensor is played, over all countries
SELECT licensor, sum(plays)::BIGINT AS plays, sum(plays) / sum(sum(plays)) OVER () AS share
FROM royalties.market_share
WHERE month = getvariable('month')
GROUP BY licensor
ORDER BY plays DESC, licensor
