-- what moved recurring revenue
-- opening + new + expansion + reactivation - contraction - churn = closing, in minor units.
SELECT currency, opening_minor, new_minor, expansion_minor, reactivation_minor, contraction_minor, churn_minor, closing_minor
FROM subscriptions.mrr
WHERE month = getvariable('month')
ORDER BY currency
