-- how long the steps of each feature took
SELECT feature, step, count(*) AS n, avg(duration_ms) AS mean_ms, quantile_disc(duration_ms, 0.5) AS p50_ms, quantile_disc(duration_ms, 0.9) AS p90_ms,
       quantile_disc(duration_ms, 0.99) AS p99_ms
FROM live.steps
WHERE date_trunc('month', step_date) = getvariable('month')
GROUP BY feature, step
ORDER BY feature, step
