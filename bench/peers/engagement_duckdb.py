"""All engagement tables of the music app from its events and song plays in Parquet (one folder a day), in DuckDB SQL."""

import sys
from pathlib import Path

import duckdb

from bench.peers.reviews import WRITTEN

TODAY = "DATE '2022-06-01'"
ACTIVITY = {
    "user_days": """SELECT play_date AS date, user_id, count(*) AS events, sum(duration_s) AS seconds FROM plays GROUP BY ALL""",
    "first_days": "SELECT user_id, min(date) AS first_day FROM user_days GROUP BY ALL",
    "calendar": "SELECT unnest(generate_series(min(date), max(date), INTERVAL 1 DAY))::DATE AS date FROM user_days",
}
# Users as numbers: what is counted distinct takes a fraction of the time and memory.
NUMBERED = """CREATE TABLE numbers AS SELECT user_id, row_number() OVER () AS n, first_day FROM first_days;
    CREATE TABLE days AS SELECT date, n, first_day FROM user_days JOIN numbers USING (user_id);"""
WINDOWS = """WITH gaps AS (SELECT date, lag(date) OVER (PARTITION BY n ORDER BY date) AS previous FROM days),
    counted AS (SELECT date, previous, count(*) AS users FROM gaps GROUP BY ALL),
    spans AS (SELECT unnest([1, 7, 28]) AS span),
    active AS (SELECT calendar.date, span, sum(users) AS users
               FROM calendar, spans JOIN counted ON counted.date BETWEEN calendar.date - (span - 1)::INTEGER AND calendar.date
                    AND (previous IS NULL OR previous < calendar.date - (span - 1)::INTEGER)
               GROUP BY ALL)
    SELECT date, max(users) FILTER (span = 1) AS dau, max(users) FILTER (span = 7) AS wau, max(users) FILTER (span = 28) AS mau,
           dau / mau AS stickiness
    FROM active GROUP BY ALL"""
TRIANGLE = """WITH weeks AS (SELECT DISTINCT n, date_trunc('week', date)::DATE AS week, date_trunc('week', first_day)::DATE AS cohort FROM days),
    active AS (SELECT cohort, week, count(*) AS active_users FROM weeks GROUP BY ALL),
    sizes AS (SELECT cohort, active_users AS cohort_size FROM active WHERE cohort = week),
    spans AS (SELECT DISTINCT date_trunc('week', date)::DATE AS week FROM calendar)
    SELECT cohort, (week - cohort) // 7 AS period, cohort_size, coalesce(active_users, 0) AS active_users
    FROM sizes JOIN spans ON week >= cohort LEFT JOIN active USING (cohort, week)"""
FORMS = """WITH base AS (
        SELECT DISTINCT 'day' AS grain, n, first_day AS cohort, date - first_day AS period, 30 AS last FROM days WHERE date - first_day <= 30
        UNION ALL SELECT DISTINCT 'week', n, date_trunc('week', first_day)::DATE, (date_trunc('week', date)::DATE - date_trunc('week', first_day)::DATE) // 7, 52 FROM days
        UNION ALL SELECT DISTINCT 'month', n, date_trunc('month', first_day)::DATE, datediff('month', first_day, date), 24 FROM days),
    ordered AS (SELECT *, coalesce(lag(period) OVER (PARTITION BY grain, n ORDER BY period), -1) AS before FROM base),
    counted AS (SELECT grain, cohort, period, before, last, count(*) AS users FROM ordered GROUP BY ALL),
    sizes AS (SELECT grain, cohort, last, sum(users) AS cohort_size FROM counted WHERE period = 0 GROUP BY ALL),
    newest AS (SELECT max(date) AS newest FROM calendar),
    cells AS (SELECT grain, cohort, cohort_size, unnest(generate_series(0, least(last, CASE grain WHEN 'day' THEN newest - cohort
                     WHEN 'week' THEN (date_trunc('week', newest)::DATE - cohort) // 7 ELSE datediff('month', cohort, newest) END))) AS period
              FROM sizes, newest),
    brackets AS (FROM (VALUES (0, 0), (1, 3), (4, 7), (8, 14), (15, 30)) AS b(low, high))
    SELECT c.grain, 'exact' AS form, c.cohort, c.period, cohort_size, coalesce(sum(users), 0) AS active_users
    FROM cells AS c LEFT JOIN counted AS u ON u.grain = c.grain AND u.cohort = c.cohort AND u.period = c.period GROUP BY ALL
    UNION ALL
    SELECT c.grain, 'unbounded', c.cohort, c.period, cohort_size, coalesce(sum(users), 0)
    FROM cells AS c LEFT JOIN counted AS u ON u.grain = c.grain AND u.cohort = c.cohort AND u.period >= c.period AND u.before < c.period GROUP BY ALL
    UNION ALL
    SELECT c.grain, 'bracket', c.cohort, c.period, cohort_size, coalesce(sum(users), 0)
    FROM cells AS c JOIN brackets ON c.grain = 'day' AND low = c.period
    LEFT JOIN counted AS u ON u.grain = 'day' AND u.cohort = c.cohort AND u.period BETWEEN low AND high AND u.before < low GROUP BY ALL"""
CHURN = """WITH months AS (SELECT DISTINCT n, date_trunc('month', date)::DATE AS month, date_trunc('month', first_day)::DATE AS first FROM days),
    ordered AS (SELECT *, lag(month) OVER (PARTITION BY n ORDER BY month) AS previous FROM months),
    counted AS (SELECT month, count(*) AS users, count(*) FILTER (previous = month - INTERVAL 1 MONTH) AS retained,
                       count(*) FILTER (first = month) AS new FROM ordered GROUP BY ALL)
    SELECT this.month, coalesce(before.users, 0) AS active_before, this.retained, active_before - this.retained AS churned, this.new,
           this.users - this.retained - this.new AS returned, churned / nullif(active_before, 0) AS churn_rate
    FROM counted AS this LEFT JOIN counted AS before ON before.month = this.month - INTERVAL 1 MONTH"""
SESSIONS = """WITH whole AS (
        SELECT user_id, session_id, min(occurred_at) AS started_at, max(occurred_at) AS ended_at, count(*) AS events
        FROM events WHERE user_id IS NOT NULL GROUP BY ALL)
    SELECT md5(concat_ws('|', user_id, session_id, epoch_us(started_at))) AS session_key, user_id,
           (started_at AT TIME ZONE 'Europe/Stockholm')::DATE AS session_date, started_at, ended_at,
           (epoch_us(ended_at) - epoch_us(started_at)) / 1e6 AS length_s, events
    FROM whole"""
USE_TIME = """WITH used AS (SELECT date, count(*) AS users, sum(seconds) / count(*) AS seconds_per_user FROM user_days GROUP BY ALL),
    lengths AS (SELECT session_date AS date, count(*) AS sessions, avg(length_s) AS average_session_s, median(length_s) AS median_session_s
                FROM sessions GROUP BY ALL)
    SELECT date, coalesce(users, 0) AS users, seconds_per_user, coalesce(sessions, 0) AS sessions, average_session_s, median_session_s
    FROM calendar LEFT JOIN used USING (date) LEFT JOIN lengths USING (date)"""
FUNNEL = """WITH steps AS (SELECT user_id, occurred_at AS moment, page, event_date FROM events WHERE user_id IS NOT NULL AND page IN ('{0}', 'Submit {0}')),
    entries AS (SELECT user_id, event_date AS entry_date, min(moment) AS began FROM steps WHERE page = '{0}' GROUP BY ALL),
    reached AS (SELECT e.user_id, entry_date, began, min(moment) AS next FROM entries AS e LEFT JOIN steps AS s
                ON s.user_id = e.user_id AND page = 'Submit {0}' AND moment > began AND moment < began + INTERVAL 168 HOUR GROUP BY ALL),
    told AS (SELECT *, epoch(next) - epoch(began) AS took,
                    began + INTERVAL 168 HOUR > (SELECT (max(date) + 1)::TIMESTAMP AT TIME ZONE 'Europe/Stockholm' FROM calendar) AS open FROM reached)
    SELECT lower('{0}') AS funnel, entry_date, 1 AS step, count(*) AS entered, count(next) AS converted,
           count(*) FILTER (next IS NULL AND NOT open) AS dropped, quantile_cont(took, [0.5, 0.9, 0.99]) AS times FROM told GROUP BY ALL
    UNION ALL
    SELECT lower('{0}'), entry_date, 2, count(next), count(next), 0, NULL FROM told GROUP BY ALL"""
FEATURES = {"settings": "Settings", "help": "Help", "upgrade_page": "Upgrade"}
FEATURE_USERS = """SELECT CASE page {0} END AS feature, event_date AS date, user_id, count(*) AS events
    FROM events WHERE user_id IS NOT NULL AND page IN ({1}) GROUP BY ALL"""
FEATURE_USAGE = "SELECT feature, date, count(*) AS users, sum(events) AS events FROM feature_users GROUP BY ALL"
FEATURE_RETENTION = """WITH came AS (SELECT DISTINCT n FROM days WHERE date - first_day BETWEEN 7 AND 27),
    used AS (SELECT DISTINCT feature, n FROM feature_users JOIN numbers USING (user_id) WHERE date - first_day BETWEEN 0 AND 6),
    members AS (SELECT features.feature, date_trunc('week', first_day)::DATE AS cohort, used.n IS NOT NULL AS used, came.n IS NOT NULL AS came
                FROM numbers CROSS JOIN (SELECT unnest({0}) AS feature) AS features LEFT JOIN came USING (n)
                LEFT JOIN used ON used.n = numbers.n AND used.feature = features.feature)
    SELECT feature, cohort, used, count(*) AS cohort_size, count(*) FILTER (came) AS retained FROM members GROUP BY ALL"""


def main(source: Path, target: Path) -> None:
    """Writes a file `<table>.parquet` for each table."""
    db = duckdb.connect(str(target / "work.duckdb"), config={"threads": 2, "memory_limit": "12GB"})

    def write(name: str, query: str, kept: bool = True) -> None:
        if kept:
            db.execute(f"CREATE TABLE {name} AS {query}")
        db.execute(f"COPY ({f'FROM {name}' if kept else query}) TO '{target}/{name}.parquet' {WRITTEN}")

    db.execute(f"CREATE VIEW events AS FROM '{source}/app_events/*/*.parquet'")
    db.execute(f"CREATE VIEW plays AS FROM '{source}/song_plays/*/*.parquet'")
    for name, query in ACTIVITY.items():
        write(name, query)
    db.execute(NUMBERED)
    write("active_users", WINDOWS, kept=False)
    write("cohort_retention", TRIANGLE, kept=False)
    write("retention", FORMS, kept=False)
    write("churn", CHURN, kept=False)
    write("sessions", SESSIONS)
    write("use_time_daily", USE_TIME, kept=False)
    write("funnels", " UNION ALL ".join(f"({FUNNEL.format(page)})" for page in ("Upgrade", "Downgrade")), kept=False)
    cases = " ".join(f"WHEN '{page}' THEN '{feature}'" for feature, page in FEATURES.items())
    write("feature_users", FEATURE_USERS.format(cases, ", ".join(f"'{page}'" for page in FEATURES.values())))
    write("feature_usage_daily", FEATURE_USAGE, kept=False)
    write("feature_retention", FEATURE_RETENTION.format(list(FEATURES)), kept=False)
    db.close()
    (target / "work.duckdb").unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
