-- Mean duration (end minus start) of the streams of the month, in seconds.
SELECT avg(duration_s) AS value,
       's' AS unit
FROM viewing.streams
WHERE date_trunc('month', stream_date) = getvariable('month')
