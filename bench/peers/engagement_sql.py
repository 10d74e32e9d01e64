"""The engagement tables of the music app as an expert writes them in DuckDB's SQL, from the views `events` and `plays`."""

TODAY, ZONE = "DATE '2022-06-01'", "'Europe/Stockholm'"
DELIVERED = """SELECT DISTINCT regexp_extract(file, 'event_date=([0-9-]{{10}})', 1)::DATE AS day
    FROM glob('{}/app_events/*/*.parquet')"""
COMPLETE = f"""SELECT 'day' AS grain, day AS start FROM delivered WHERE day < {TODAY}
    UNION ALL SELECT 'week', date_trunc('week', day)::DATE AS start FROM delivered GROUP BY start HAVING count(*) = 7 AND max(day) < {TODAY}
    UNION ALL SELECT 'month', date_trunc('month', day)::DATE AS start FROM delivered GROUP BY start
    HAVING count(*) = day(last_day(start)) AND max(day) < {TODAY}"""
USER_DAYS = """SELECT 'listening' AS product, play_date AS date, user_id, count(*) AS events, sum(duration_s) AS seconds
    FROM plays GROUP BY ALL"""
FIRST_DAYS = "SELECT 'listening' AS product, user_id, min(date) AS first_day FROM user_days GROUP BY ALL"
CALENDAR = """SELECT unnest(generate_series(min(date), (SELECT max(day) FROM delivered), INTERVAL 1 DAY))::DATE AS date
    FROM user_days"""
NUMBERS = "SELECT user_id, row_number() OVER () AS n, first_day FROM first_days"
DAYS = "SELECT n, date, first_day FROM user_days JOIN numbers USING (user_id)"
# How many users were active in a period, by their first one and the one before it.
PERIODS = {
    "days_counted": "SELECT n, date AS start, first_day AS first FROM days",
    **{
        f"{grain}s_counted": f"""SELECT DISTINCT n, date_trunc('{grain}', date)::DATE AS start,
            date_trunc('{grain}', first_day)::DATE AS first FROM days"""
        for grain in ("week", "month")
    },
}
COUNTED = """SELECT first, start, previous, count(*) AS users
    FROM (SELECT first, start, lag(start) OVER (PARTITION BY n ORDER BY start) AS previous FROM ({})) GROUP BY ALL"""
WINDOWS = """WITH counted AS (SELECT start, previous, sum(users) AS users FROM days_counted GROUP BY ALL),
    spans AS (SELECT unnest([1, 7, 28]) AS span),
    active AS (SELECT calendar.date, span, sum(users) AS users
               FROM calendar, spans LEFT JOIN counted ON start BETWEEN calendar.date - (span - 1)::INTEGER AND calendar.date
                    AND (previous IS NULL OR previous < calendar.date - (span - 1)::INTEGER)
               GROUP BY ALL),
    whole AS (SELECT date, count(start) AS days, count(start) FILTER (start > date - 7) AS week
              FROM calendar LEFT JOIN complete ON grain = 'day' AND start BETWEEN date - 27 AND date GROUP BY ALL)
    SELECT 'listening' AS product, date, coalesce(max(users) FILTER (span = 1), 0) AS dau, coalesce(max(users) FILTER (span = 7), 0) AS wau,
           coalesce(max(users) FILTER (span = 28), 0) AS mau, dau / nullif(mau, 0) AS stickiness,
           any_value(days) = 28 AS is_complete, any_value(week) = 7 AS wau_is_complete
    FROM active JOIN whole USING (date) GROUP BY date"""
TRIANGLE = """WITH active AS (SELECT first AS cohort, start AS week, sum(users) AS active_users FROM weeks_counted GROUP BY ALL),
    sizes AS (SELECT cohort, active_users AS cohort_size FROM active WHERE cohort = week),
    spans AS (SELECT DISTINCT date_trunc('week', date)::DATE AS week FROM calendar)
    SELECT 'listening' AS product, cohort, (week - cohort) // 7 AS period, cohort_size, coalesce(a.active_users, 0) AS active_users,
           coalesce(a.active_users, 0) / cohort_size AS retention, c.start IS NOT NULL AS is_complete
    FROM sizes JOIN spans ON week >= cohort LEFT JOIN active AS a USING (cohort, week)
    LEFT JOIN complete AS c ON c.grain = 'week' AND c.start = week"""
FORMS = """WITH counted AS (
        SELECT 'day' AS grain, 30 AS last, first AS cohort, start - first AS period, coalesce(previous - first, -1) AS before, users
        FROM days_counted WHERE start - first <= 30
        UNION ALL SELECT 'week', 52, first, (start - first) // 7, coalesce((previous - first) // 7, -1), users
        FROM weeks_counted WHERE (start - first) // 7 <= 52
        UNION ALL SELECT 'month', 24, first, datediff('month', first, start), coalesce(datediff('month', first, previous), -1), users
        FROM months_counted WHERE datediff('month', first, start) <= 24),
    sizes AS (SELECT grain, cohort, last, sum(users) AS cohort_size FROM counted WHERE period = 0 GROUP BY ALL),
    newest AS (SELECT max(date) AS newest FROM calendar),
    cells AS (SELECT grain, cohort, cohort_size, last,
                     unnest(generate_series(0, least(last, CASE grain WHEN 'day' THEN newest - cohort
                     WHEN 'week' THEN (date_trunc('week', newest)::DATE - cohort) // 7 ELSE datediff('month', cohort, newest) END))) AS period
              FROM sizes, newest),
    brackets AS (FROM (VALUES (0, 0), (1, 3), (4, 7), (8, 14), (15, 30)) AS b(low, high)),
    forms AS (
        SELECT c.grain, 'exact' AS form, c.cohort, c.period, cohort_size, c.period AS until, sum(users) AS users
        FROM cells AS c LEFT JOIN counted AS u ON u.grain = c.grain AND u.cohort = c.cohort AND u.period = c.period GROUP BY ALL
        UNION ALL
        SELECT c.grain, 'unbounded', c.cohort, c.period, cohort_size, c.last, sum(users) FROM cells AS c LEFT JOIN counted AS u
            ON u.grain = c.grain AND u.cohort = c.cohort AND u.period >= c.period AND u.before < c.period GROUP BY ALL
        UNION ALL
        SELECT c.grain, 'bracket', c.cohort, c.period, cohort_size, high, sum(users)
        FROM cells AS c JOIN brackets ON c.grain = 'day' AND low = c.period
        LEFT JOIN counted AS u ON u.grain = 'day' AND u.cohort = c.cohort AND u.period BETWEEN low AND high AND u.before < low GROUP BY ALL),
    due AS (SELECT *, CASE grain WHEN 'day' THEN cohort + until::INTEGER WHEN 'week' THEN cohort + 7 * until::INTEGER
                           ELSE (cohort + to_months(until::INTEGER))::DATE END AS start FROM forms)
    SELECT 'listening' AS product, grain, form, cohort, period, cohort_size, coalesce(users, 0) AS active_users,
           coalesce(users, 0) / cohort_size AS retention, complete.start IS NOT NULL AS is_complete
    FROM due LEFT JOIN complete USING (grain, start)"""
CHURN = """WITH months AS (SELECT DISTINCT date_trunc('month', date)::DATE AS month FROM calendar),
    counted AS (SELECT start AS month, sum(users) AS users, sum(users) FILTER (previous = start - INTERVAL 1 MONTH) AS retained,
                       sum(users) FILTER (first = start) AS new FROM months_counted GROUP BY ALL)
    SELECT 'listening' AS product, month, coalesce(past.users, 0) AS active_before, coalesce(this.retained, 0) AS retained,
           active_before - coalesce(this.retained, 0) AS churned, coalesce(this.new, 0) AS new,
           coalesce(this.users, 0) - coalesce(this.retained, 0) - coalesce(this.new, 0) AS returned,
           churned / nullif(active_before, 0) AS churn_rate, c.start IS NOT NULL AND b.start IS NOT NULL AS is_complete
    FROM months LEFT JOIN counted AS this USING (month) LEFT JOIN counted AS past ON past.month = months.month - INTERVAL 1 MONTH
    LEFT JOIN complete AS c ON c.grain = 'month' AND c.start = months.month
    LEFT JOIN complete AS b ON b.grain = 'month' AND b.start = months.month - INTERVAL 1 MONTH"""
SESSIONS = f"""SELECT 'listening' AS product, md5(concat_ws('|', user_id, session_id, epoch_us(started_at))) AS session_key, user_id,
           (started_at AT TIME ZONE {ZONE})::DATE AS session_date, started_at, ended_at,
           (epoch_us(ended_at) - epoch_us(started_at)) / 1e6 AS length_s, events, session_id
    FROM (SELECT user_id, session_id{{0}}, min(occurred_at) AS started_at, max(occurred_at) AS ended_at, count(*) AS events
          FROM {{1}} GROUP BY ALL)"""
# Only a session of more than 24 hours can have a pause of as many, at which it is cut: its events are read again.
PAUSED = """CREATE TABLE paused AS SELECT user_id, session_id FROM sessions WHERE length_s > 86400;
    DELETE FROM sessions WHERE length_s > 86400"""
CUT = """(SELECT user_id, session_id, occurred_at, count(*) FILTER (pause > INTERVAL 24 HOUR)
                 OVER (PARTITION BY user_id, session_id ORDER BY occurred_at) AS part
          FROM (SELECT *, occurred_at - lag(occurred_at) OVER (PARTITION BY user_id, session_id ORDER BY occurred_at) AS pause
                FROM events JOIN paused USING (user_id, session_id)))"""
USE_TIME = """WITH used AS (SELECT date, count(*) AS users, sum(seconds) / count(*) AS seconds_per_user FROM user_days GROUP BY ALL),
    lengths AS (SELECT session_date AS date, count(*) AS sessions, avg(length_s) AS average_session_s, median(length_s) AS median_session_s
                FROM sessions GROUP BY ALL)
    SELECT 'listening' AS product, date, coalesce(users, 0) AS users, seconds_per_user, coalesce(sessions, 0) AS sessions,
           average_session_s, median_session_s
    FROM calendar LEFT JOIN used USING (date) LEFT JOIN lengths USING (date)"""
# Where users enter a funnel of two steps, and when they take the second one.
STEPS = """SELECT user_id, page, event_date, occurred_at, (occurred_at, session_id, item_in_session) AS place
    FROM events WHERE user_id IS NOT NULL AND page IN ({})"""
ENTRIES = f"""WITH entries AS (SELECT user_id, event_date AS entry_date, min(place) AS place, min(occurred_at) AS began
                     FROM steps WHERE page = '{{0}}' GROUP BY ALL),
    reached AS (SELECT e.user_id, entry_date, began, min(occurred_at) AS next FROM entries AS e LEFT JOIN steps AS s
                ON s.user_id = e.user_id AND page = 'Submit {{0}}' AND s.place > e.place AND occurred_at < began + INTERVAL 168 HOUR GROUP BY ALL)
    SELECT entry_date, (epoch_us(next) - epoch_us(began)) / 1e6 AS took,
           began + INTERVAL 168 HOUR > (SELECT (max(date) + 1)::TIMESTAMP AT TIME ZONE {ZONE} FROM calendar) AS is_open FROM reached"""
SHARES = ((0.5, "p50_s"), (0.9, "p90_s"), (0.99, "p99_s"))
FUNNEL = f"""SELECT 'listening' AS product, lower('{{page}}') AS funnel, {{day}}, 1 AS step, '{{page}}' AS step_name, count(*) AS entered,
           count(took) AS converted, count(*) FILTER (took IS NULL AND NOT is_open) AS dropped,
           count(*) FILTER (took IS NULL AND is_open) AS open, converted / nullif(converted + dropped, 0) AS completion,
           {", ".join(f"quantile_cont(took, {share}) AS {name}" for share, name in SHARES)},
           {", ".join(f"0.0 AS total_{name}" for _, name in SHARES)}
    FROM {{entries}} GROUP BY ALL
    UNION ALL
    SELECT 'listening', lower('{{page}}'), {{day}}, 2, 'Submit {{page}}', count(took), count(took), 0, 0,
           count(took) / nullif(count(took), 0), {", ".join("NULL" for _ in SHARES)},
           {", ".join(f"quantile_cont(took, {share})" for share, _ in SHARES)}
    FROM {{entries}} GROUP BY ALL"""
FUNNELS, SPANS = ("Upgrade", "Downgrade"), (7, 28, 90)
FEATURES = {"settings": "Settings", "help": "Help", "upgrade_page": "Upgrade"}
FEATURE_USERS = """SELECT 'listening' AS product, CASE page {0} END AS feature, event_date AS date, user_id, count(*) AS events
    FROM events WHERE user_id IS NOT NULL AND page IN ({1}) GROUP BY ALL"""
FEATURE_USAGE = (
    "SELECT product, feature, date, count(*) AS users, sum(events) AS events FROM feature_users GROUP BY ALL"
)
FEATURE_RETENTION = """WITH came AS (SELECT DISTINCT n FROM days WHERE date - first_day BETWEEN 7 AND 27),
    used AS (SELECT DISTINCT feature, n FROM feature_users JOIN numbers USING (user_id) WHERE date - first_day BETWEEN 0 AND 6),
    sizes AS (SELECT date_trunc('week', first_day)::DATE AS cohort, count(*) AS size, count(came.n) AS back
              FROM numbers LEFT JOIN came USING (n) GROUP BY ALL),
    users AS (SELECT feature, date_trunc('week', first_day)::DATE AS cohort, count(*) AS size, count(came.n) AS back
              FROM used JOIN numbers USING (n) LEFT JOIN came USING (n) GROUP BY ALL),
    counted AS (SELECT f.feature, sizes.cohort, coalesce(users.size, 0) AS m, coalesce(users.back, 0) AS a,
                       sizes.size - m AS n, sizes.back - a AS b
                FROM sizes CROSS JOIN (SELECT unnest({0}) AS feature) AS f LEFT JOIN users USING (feature, cohort)),
    shares AS (SELECT *, a / nullif(m, 0) AS p, b / nullif(n, 0) AS q, 1.959963984540054 AS z FROM counted),
    wilson AS (SELECT *, (2 * a + z * z - z * sqrt(z * z + 4 * a * (1 - p))) / (2 * (m + z * z)) AS p_low,
                      (2 * a + z * z + z * sqrt(z * z + 4 * a * (1 - p))) / (2 * (m + z * z)) AS p_high,
                      (2 * b + z * z - z * sqrt(z * z + 4 * b * (1 - q))) / (2 * (n + z * z)) AS q_low,
                      (2 * b + z * z + z * sqrt(z * z + 4 * b * (1 - q))) / (2 * (n + z * z)) AS q_high FROM shares),
    whole AS (SELECT cohort, count(*) = 34 AS is_complete FROM sizes JOIN complete ON grain = 'day' AND start BETWEEN cohort AND cohort + 33
              GROUP BY ALL),
    compared AS (SELECT *, p - q AS difference, difference - sqrt((p - p_low) ** 2 + (q_high - q) ** 2) AS low,
                        difference + sqrt((p_high - p) ** 2 + (q - q_low) ** 2) AS high FROM wilson LEFT JOIN whole USING (cohort))
    SELECT 'listening' AS product, feature, cohort, used, CASE WHEN used THEN m ELSE n END AS cohort_size,
           CASE WHEN used THEN a ELSE b END AS retained, CASE WHEN used THEN p ELSE q END AS retention,
           difference, low, high, coalesce(is_complete, FALSE) AS is_complete
    FROM compared, (SELECT unnest([TRUE, FALSE]) AS used)"""
