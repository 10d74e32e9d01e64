-- how many items of the month are in each state
SELECT level, side, currency, state, items, amount_minor
FROM payments.reconciliation
WHERE month = getvariable('month')
ORDER BY ALL
