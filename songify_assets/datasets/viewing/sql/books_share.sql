-- films streamed that are based on books
-- Of the distinct films streamed in the month, the share in percent that some review ties to a book.
SELECT 100.0 * count(DISTINCT movie_key) FILTER (movie_key IN (SELECT movie_key FROM viewing.movie_books))
       / nullif(count(DISTINCT movie_key), 0) AS value,
       '%' AS unit
FROM viewing.streams
WHERE date_trunc('month', stream_date) = getvariable('month')
