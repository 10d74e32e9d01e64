-- the ten oldest items of the month that have no counterpart
SELECT days_open, level, side, gateway, item_key, currency, amount_minor, state, difference_minor
FROM payments.items
WHERE days_open IS NOT NULL AND date_trunc('month', item_date) = getvariable('month')
ORDER BY days_open DESC, level, side, gateway, item_key
LIMIT 10
