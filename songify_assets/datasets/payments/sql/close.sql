-- the month's close: what lay at each gateway, and what moved it
-- opening + payments + refunds + chargebacks + fees + adjustments + payouts = closing, all signed, in minor units.
SELECT gateway, currency, opening_minor, payments_minor, refunds_minor, chargebacks_minor, fees_minor, adjustments_minor,
       payouts_minor, closing_minor
FROM payments.gateway_balances
WHERE month = getvariable('month')
ORDER BY gateway, currency
