-- average duration of a stream
-- Mean duration (end minus start) of the streams of the month, in seconds; averaged over whole microseconds, so exactly.
SELECT avg(epoch_us(end_at) - epoch_us(start_at)) / 1000000 AS value,
       's' AS unit
FROM viewing.streams
WHERE date_trunc('month', stream_date) = getvariable('month')
