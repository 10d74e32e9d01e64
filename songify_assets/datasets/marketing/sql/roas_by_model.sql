-- what a unit spent on a channel brought, by each model
-- Our own sales over cost (ROAS). What platforms claim is in `platforms`.
PIVOT (
    SELECT currency, channel, cost_minor, model, roas
    FROM marketing.attribution
    WHERE month = getvariable('month') AND cost_minor > 0
) ON model IN ('first_touch', 'last_touch', 'linear', 'position_based', 'time_decay', 'shapley', 'markov')
USING max(roas)
ORDER BY currency, channel
