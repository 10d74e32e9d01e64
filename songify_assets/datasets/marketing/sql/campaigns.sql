-- what the linear model gives each campaign; without one what no link ties to a campaign
SELECT currency, platform, account_key, campaign_key, conversions, value_minor, cost_minor, roas
FROM marketing.campaign_attribution
WHERE month = getvariable('month') AND model = 'linear'
ORDER BY currency, value_minor DESC, platform, account_key, campaign_key
