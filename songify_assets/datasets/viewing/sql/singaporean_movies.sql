-- Distinct films streamed in the month that are based on a book by a Singaporean author.
SELECT count(DISTINCT s.movie_key) AS value,
       'films' AS unit
FROM viewing.streams s
JOIN viewing.movie_books mb USING (movie_key)
JOIN vendor.books b USING (book_key)
JOIN vendor.authors a USING (author_key)
WHERE date_trunc('month', s.stream_date) = getvariable('month')
  AND list_contains(a.nationalities, 'singaporeans')
