-- which months can be asked about
SELECT DISTINCT month
FROM payments.reconciliation
ORDER BY month
