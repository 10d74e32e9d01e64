-- how many customers of each first month pay at the end of this one, and what they have paid so far
SELECT cohort, currency, period, cohort_size, active_customers, retention, mrr_minor, revenue_minor, revenue_per_customer_minor
FROM subscriptions.cohorts
WHERE cohort + to_months(period::INTEGER) = getvariable('month')
ORDER BY currency, cohort
