-- films streamed that are based on books by Singaporean authors
-- Distinct films streamed in the month that are based on a book by a Singaporean author.
SELECT count(DISTINCT movie_key) AS value,
       'films' AS unit
FROM viewing.streams
WHERE date_trunc('month', stream_date) = getvariable('month')
  AND movie_key IN (
      SELECT movie_key
      FROM viewing.movie_books
      JOIN vendor.books USING (book_key)
      JOIN vendor.authors USING (author_key)
      WHERE list_contains(nationalities, 'singaporeans')
  )
