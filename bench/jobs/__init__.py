"""What is measured: each job with the product, its peers, the targets, and how their results are compared."""

from bench.jobs.days import ONE_DROP, WARM_DROP, WHOLE_DAY
from bench.jobs.job import Contender, Job
from bench.jobs.royalties import MARKET_SHARE, MARKET_SHARE_LARGE, MONTH_SHARE
from bench.jobs.vendor import DUMP_HISTORY, HISTORY_STEP
from bench.jobs.viewing import LATE_STREAMS, RETENTION

JOBS = (
    MARKET_SHARE,
    MARKET_SHARE_LARGE,
    MONTH_SHARE,
    DUMP_HISTORY,
    HISTORY_STEP,
    LATE_STREAMS,
    RETENTION,
    ONE_DROP,
    WARM_DROP,
    WHOLE_DAY,
)

__all__ = ["JOBS", "Contender", "Job"]
