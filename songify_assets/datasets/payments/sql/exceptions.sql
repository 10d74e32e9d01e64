-- what has no counterpart, by state and age
-- Items of the month; ages are days up to the newest delivery. `songify explain ITEM` shows why one is not matched.
SELECT level, side, currency, state, age_bucket, count(*) AS items, sum(amount_minor)::BIGINT AS amount_minor
FROM payments.items
WHERE age_bucket IS NOT NULL AND date_trunc('month', item_date) = getvariable('month')
GROUP BY ALL
ORDER BY ALL
