-- median size of a stream
-- Median size of the streams of the month, in gigabytes (1 GB = 1000 MB).
SELECT median(size_mb) / 1000 AS value,
       'GB' AS unit
FROM viewing.streams
WHERE date_trunc('month', stream_date) = getvariable('month')
