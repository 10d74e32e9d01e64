-- the ten largest movements of recurring revenue
-- `songify explain CUSTOMER` shows the events behind one.
SELECT date, customer_key, currency, movement, before_minor, after_minor, amount_minor
FROM subscriptions.mrr_movements
WHERE date_trunc('month', date) = getvariable('month')
ORDER BY abs(amount_minor) DESC, date, customer_key, currency
LIMIT 10
