-- whether the live counts were those of the events that landed
SELECT stream, count(DISTINCT date) AS days, count(DISTINCT date) FILTER (NOT is_equal) AS days_not_equal,
       sum(live_events)::BIGINT AS live_events, sum(batch_events)::BIGINT AS batch_events
FROM live.parity
WHERE date_trunc('month', date) = getvariable('month')
GROUP BY stream
ORDER BY stream
