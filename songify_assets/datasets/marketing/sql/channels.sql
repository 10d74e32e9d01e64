-- what each model gives each channel
SELECT currency, model, channel, conversions, value_minor, cost_minor, roas
FROM marketing.attribution
WHERE month = getvariable('month')
ORDER BY currency, model, value_minor DESC, channel
