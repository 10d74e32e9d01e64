"""The same in SQL, by DuckDB: JOB SOURCE OUT."""

import sys
from pathlib import Path

import duckdb

WRITTEN = "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
OF = "PARTITION BY subscription_key ORDER BY acts_at, event_key"
SUBSCRIPTIONS = {
    "acts": """SELECT *, coalesce(effective_at, occurred_at) AS acts_at, (acts_at AT TIME ZONE 'Europe/Stockholm')::DATE AS day
        FROM '{0}/events.parquet' WHERE day <= DATE '2022-12-31'""",
    "periods": f"""WITH changes AS (
            SELECT subscription_key, customer_key, currency, acts_at, event_key, day, plan_key,
                   CASE WHEN type = 'trial' THEN 'trialing' WHEN type IN ('sign_up', 'renewal', 'resume', 'reactivation') THEN 'active'
                        WHEN type = 'pause' THEN 'paused' WHEN type = 'cancellation' THEN 'cancelled' END AS status,
                   CASE WHEN plan_key IS NULL THEN quantity ELSE coalesce(quantity, 1) END AS quantity,
                   CASE WHEN plan_key IS NULL THEN amount_minor
                        ELSE coalesce(amount_minor, CASE WHEN list_currency = currency THEN list_price_minor * coalesce(quantity, 1) END, -1) END AS amount,
                   CASE WHEN plan_key IS NOT NULL THEN coalesce(CASE plan_interval WHEN 'day' THEN 365 WHEN 'week' THEN 52 WHEN 'month' THEN 12 WHEN 'year' THEN 1 END, 0) END AS a_year,
                   CASE WHEN plan_key IS NOT NULL THEN coalesce(plan_interval_count, 1) END AS many
            FROM acts WHERE type NOT IN ('payment', 'refund')),
        states AS (
            SELECT subscription_key, customer_key, currency, day, coalesce(last_value(status IGNORE NULLS) OVER w, 'active') AS status,
                   last_value(plan_key IGNORE NULLS) OVER w AS plan_key, last_value(quantity IGNORE NULLS) OVER w AS quantity,
                   last_value(amount IGNORE NULLS) OVER w AS amount, last_value(a_year IGNORE NULLS) OVER w AS a_year,
                   last_value(many IGNORE NULLS) OVER w AS many, lead(day) OVER ({OF}) AS next_day
            FROM changes WINDOW w AS ({OF} ROWS UNBOUNDED PRECEDING)),
        ends AS (
            SELECT subscription_key, customer_key, currency, status, plan_key, quantity, day AS valid_from,
                   CASE WHEN status = 'active' AND amount > 0 THEN (2 * amount * a_year + 12 * many) // (24 * many) ELSE 0 END AS mrr_minor
            FROM states WHERE next_day IS DISTINCT FROM day),
        others AS (
            SELECT *, row(customer_key, currency, status, plan_key, quantity, mrr_minor) AS state,
                   lag(state) OVER (PARTITION BY subscription_key ORDER BY valid_from) AS before FROM ends)
        SELECT * EXCLUDE (state, before), lead(valid_from) OVER (PARTITION BY subscription_key ORDER BY valid_from) AS valid_to
        FROM others WHERE before IS DISTINCT FROM state""",
    "mrr_movements": """WITH days AS (
            SELECT customer_key, currency, date, sum(amount) AS amount_minor FROM (
                SELECT customer_key, currency, valid_from AS date, mrr_minor AS amount FROM periods WHERE mrr_minor > 0
                UNION ALL SELECT customer_key, currency, valid_to, -mrr_minor FROM periods WHERE mrr_minor > 0 AND valid_to IS NOT NULL)
            GROUP BY ALL HAVING sum(amount) <> 0),
        sums AS (SELECT *, sum(amount_minor) OVER w AS after_minor, row_number() OVER w AS place FROM days
                 WINDOW w AS (PARTITION BY customer_key, currency ORDER BY date))
        SELECT date, customer_key, currency, CASE WHEN place = 1 THEN 'new' WHEN after_minor = amount_minor THEN 'reactivation'
                    WHEN after_minor = 0 THEN 'churn' WHEN amount_minor > 0 THEN 'expansion' ELSE 'contraction' END AS movement,
               after_minor - amount_minor AS before_minor, after_minor, amount_minor FROM sums""",
    "net": """SELECT customer_key, currency, date_trunc('month', date)::DATE AS month, arg_min(before_minor, date) AS opening, arg_max(after_minor, date) AS closing
        FROM mrr_movements GROUP BY ALL""",
    "mrr": """WITH firsts AS (SELECT currency, date_trunc('month', min(day))::DATE AS first FROM acts GROUP BY ALL),
        months AS (SELECT currency, unnest(generate_series(first, DATE '2022-12-31', INTERVAL 1 MONTH))::DATE AS month FROM firsts),
        flows AS (SELECT currency, date_trunc('month', date)::DATE AS month, sum(-amount_minor) FILTER (movement = 'churn') AS churn,
                         sum(amount_minor) FILTER (movement = 'new') AS new, sum(amount_minor) FILTER (movement = 'expansion') AS expansion,
                         sum(amount_minor) FILTER (movement = 'reactivation') AS reactivation, sum(-amount_minor) FILTER (movement = 'contraction') AS contraction
                  FROM mrr_movements GROUP BY ALL),
        nets AS (SELECT currency, month, sum(closing - opening) AS net, count(*) FILTER (opening > 0 AND closing = 0) AS lost,
                        count(*) FILTER (opening = 0 AND closing > 0) AS came, sum(greatest(opening - closing, 0)) AS shrunk FROM net GROUP BY ALL),
        cash AS (SELECT currency, date_trunc('month', day)::DATE AS month, sum(amount_minor) FILTER (type = 'payment') AS payments,
                        sum(amount_minor) FILTER (type = 'refund') AS refunds FROM acts GROUP BY ALL)
        SELECT month, currency, sum(coalesce(net, 0)) OVER w AS closing_minor, coalesce(new, 0) AS new_minor, coalesce(expansion, 0) AS expansion_minor,
               coalesce(reactivation, 0) AS reactivation_minor, coalesce(contraction, 0) AS contraction_minor, coalesce(churn, 0) AS churn_minor,
               coalesce(lost, 0) AS lost_customers, sum(coalesce(came, 0) - coalesce(lost, 0)) OVER w AS closing_customers, payments, refunds
        FROM months LEFT JOIN flows USING (currency, month) LEFT JOIN nets USING (currency, month) LEFT JOIN cash USING (currency, month)
        WINDOW w AS (PARTITION BY currency ORDER BY month)""",
    "cohorts": """WITH members AS (SELECT customer_key, currency, date_trunc('month', min(day))::DATE AS cohort FROM acts WHERE type NOT IN ('payment', 'refund') GROUP BY ALL),
        sizes AS (SELECT cohort, currency, count(*) AS cohort_size FROM members GROUP BY ALL),
        cells AS (SELECT *, unnest(generate_series(cohort, DATE '2022-12-31', INTERVAL 1 MONTH))::DATE AS month FROM sizes),
        moved AS (SELECT cohort, currency, month, sum((closing > 0)::INT - (opening > 0)::INT) AS active, sum(closing - opening) AS mrr
                  FROM net JOIN members USING (customer_key, currency) GROUP BY ALL),
        cash AS (SELECT cohort, currency, greatest(date_trunc('month', day)::DATE, cohort) AS month, sum(CASE type WHEN 'payment' THEN amount_minor ELSE -amount_minor END) AS revenue
                 FROM acts JOIN members USING (customer_key, currency) WHERE type IN ('payment', 'refund') GROUP BY ALL)
        SELECT cohort, currency, datediff('month', cohort, month) AS period, cohort_size, sum(coalesce(active, 0)) OVER w AS active_customers,
               sum(coalesce(mrr, 0)) OVER w AS mrr_minor, sum(coalesce(revenue, 0)) OVER w AS revenue_minor
        FROM cells LEFT JOIN moved USING (cohort, currency, month) LEFT JOIN cash USING (cohort, currency, month)
        WINDOW w AS (PARTITION BY cohort, currency ORDER BY month)""",
}  # fmt: skip
CREDITS = """WITH joined AS (
        SELECT conversion_key, conversion_date, currency, value_minor, converted_at, touched_at, touch_key, channel
        FROM '{0}/conversions.parquet' JOIN '{0}/touches.parquet' USING (user_key)
        WHERE touched_at <= converted_at AND touched_at >= converted_at - INTERVAL 720 HOUR),
    paths AS (
        SELECT *, row_number() OVER w AS position, count(*) OVER (PARTITION BY conversion_key) AS length,
               row_number() OVER (PARTITION BY conversion_key, channel ORDER BY touched_at, touch_key) = 1 AS is_first
        FROM joined WINDOW w AS (PARTITION BY conversion_key ORDER BY touched_at, touch_key)),
    every AS (
        SELECT * FROM paths
        UNION ALL SELECT conversion_key, conversion_date, currency, value_minor, converted_at, converted_at, NULL, 'unattributed', 0, 0, true
        FROM '{0}/conversions.parquet' ANTI JOIN joined USING (conversion_key)),
    weighed AS (
        SELECT conversion_key, conversion_date, currency, value_minor, position, touch_key, channel,
               unnest([{{'model': 'first_touch', 'weight': (position <= 1)::BIGINT}}, {{'model': 'last_touch', 'weight': (position = length)::BIGINT}},
                       {{'model': 'linear', 'weight': 1::BIGINT}},
                       {{'model': 'position_based', 'weight': CASE WHEN length <= 2 THEN 1 WHEN position IN (1, length) THEN 2 * (length - 2) ELSE 1 END::BIGINT}},
                       {{'model': 'time_decay', 'weight': floor(1e6 * pow(2, -(epoch_us(converted_at) - epoch_us(touched_at)) / 1e6 / 604800) + 0.5)::BIGINT}},
                       {{'model': 'shapley', 'weight': is_first::BIGINT}}], recursive := true)
        FROM every),
    due AS (
        SELECT *, sum(weight) OVER of_path AS total, value_minor * weight // total AS whole, value_minor * weight % total AS rest
        FROM weighed WHERE weight > 0 WINDOW of_path AS (PARTITION BY conversion_key, model)),
    ranked AS (
        SELECT *, row_number() OVER (PARTITION BY conversion_key, model ORDER BY rest DESC, position) AS place,
               value_minor - sum(whole) OVER (PARTITION BY conversion_key, model) AS missing
        FROM due)
    SELECT conversion_key, conversion_date, model, position, touch_key, channel, currency, weight / total AS share,
           (whole + (place <= missing)::BIGINT)::BIGINT AS credit_minor
    FROM ranked"""

HEURISTICS = """WITH touches AS (
        SELECT good, len(steps) AS length, unnest(steps) AS channel, unnest(range(1, length + 1)) AS place FROM '{0}/paths.parquet' WHERE good > 0),
    sums AS (
        SELECT channel, sum(good) FILTER (place = 1) AS first_touch, sum(good) FILTER (place = length) AS last_touch, sum(good / length) AS linear
        FROM touches GROUP BY ALL)
    SELECT model, channel, conversions::DOUBLE AS conversions
    FROM (UNPIVOT (SELECT channel, COLUMNS(* EXCLUDE (channel))::DOUBLE FROM sums) ON * EXCLUDE (channel) INTO NAME model VALUE conversions)"""

JOBS = {"subscriptions": SUBSCRIPTIONS, "credits": {"credits": CREDITS}, "heuristics": {"heuristics": HEURISTICS}}


def main(job: str, source: Path, out: Path) -> None:
    """Writes a file `<table>.parquet` for each table."""
    db = duckdb.connect(str(out / "work.duckdb"), config={"threads": 2, "memory_limit": "12GB"})
    for name, query in JOBS[job].items():
        kept = job == "subscriptions"
        if kept:
            db.execute(f"CREATE TABLE {name} AS {query.format(source)}")
        if name not in ("acts", "net"):
            db.execute(f"COPY ({f'FROM {name}' if kept else query.format(source)}) TO '{out}/{name}.parquet' {WRITTEN}")
    db.close()
    (out / "work.duckdb").unlink()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
