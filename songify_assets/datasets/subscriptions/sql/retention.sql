-- how much of what the month opened with was kept (NRR, GRR), and how many customers were lost
SELECT currency, nrr, grr, logo_churn_rate, revenue_churn_rate, opening_customers, lost_customers, paused_customers, ltv_minor
FROM subscriptions.mrr
WHERE month = getvariable('month')
ORDER BY currency
