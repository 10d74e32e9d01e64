-- which links name no campaign, or several, over all months
SELECT utm_campaign, match, touches
FROM marketing.utm_audit
WHERE match IN ('none', 'ambiguous')
ORDER BY touches DESC, utm_campaign
