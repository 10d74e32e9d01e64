-- what recurring revenue there was at the end of the month
-- In minor units of each currency. It is not what was invoiced; payments and refunds stand beside it.
SELECT currency, closing_minor, closing_customers, arpa_minor, payments_minor, refunds_minor, is_complete
FROM subscriptions.mrr
WHERE month = getvariable('month')
ORDER BY currency
