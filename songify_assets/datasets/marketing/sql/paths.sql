-- the ten paths that sell most
SELECT path, count(*) AS conversions
FROM (
    SELECT conversion_key, string_agg(channel, ' > ' ORDER BY position) AS path
    FROM marketing.credits
    WHERE model = 'linear' AND date_trunc('month', conversion_date) = getvariable('month')
    GROUP BY conversion_key
)
GROUP BY path
ORDER BY conversions DESC, path
LIMIT 10
