"""What is measured: each job with the product, its peers, the targets, and how their results are compared."""

from bench.jobs.days import ONE_DROP, WARM_DROP, WHOLE_DAY, YEAR_OF_DAYS
from bench.jobs.job import Contender, Job
from bench.jobs.listening import ENGAGEMENT, NEXT_DAY
from bench.jobs.royalties import MARKET_SHARE, MARKET_SHARE_LARGE, MONTH_SHARE, MONTH_SHARE_WARM
from bench.jobs.small_file import SMALL_FILE, SMALL_FILE_WARM
from bench.jobs.vendor import DUMP_HISTORY, DUMP_LARGE, HISTORY_STEP
from bench.jobs.viewing import LATE_STREAMS

JOBS = (
    MARKET_SHARE,
    MARKET_SHARE_LARGE,
    MONTH_SHARE,
    MONTH_SHARE_WARM,
    DUMP_HISTORY,
    DUMP_LARGE,
    HISTORY_STEP,
    LATE_STREAMS,
    ENGAGEMENT,
    NEXT_DAY,
    ONE_DROP,
    WARM_DROP,
    SMALL_FILE,
    SMALL_FILE_WARM,
    YEAR_OF_DAYS,
    WHOLE_DAY,
)

__all__ = ["JOBS", "Contender", "Job"]
