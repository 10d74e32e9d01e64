-- what campaigns cost, and what their platforms claim they brought
-- Several platforms claim the same sale: never add them up, and never compare them with our own sales.
SELECT platform, currency, sum(impressions)::BIGINT AS impressions, sum(clicks)::BIGINT AS clicks, sum(cost_minor)::BIGINT AS cost_minor,
       sum(platform_conversions) AS platform_conversions, sum(platform_value_minor)::BIGINT AS platform_value_minor,
       bool_and(is_final) AS is_final
FROM marketing.campaign_performance_daily
WHERE date_trunc('month', date) = getvariable('month')
GROUP BY platform, currency
ORDER BY platform, currency
