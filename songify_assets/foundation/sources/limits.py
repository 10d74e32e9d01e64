"""What a source may cost: generous to every source that means well, and an end to every other."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of one visit to a source. Where one is reached, what was listed and landed before stays."""

    answer_s: float = 30  # until a server answers, or sends the next bytes
    least_bytes_s: int = 1024  # in each span of `answer_s`: slower than any line, a file of 1 MB would take 17 minutes
    listing_s: float = 3600  # for all folders; a server without MLSD is asked twice for each file
    visit_s: float = 4 * 3600  # for all files, 18 GB at 10 Mbit/s; the next visit goes on where this one stopped
    reply_bytes: int = 64 << 10  # of one answer, such as a long greeting
    line_bytes: int = 8 << 10  # of a line of a listing
    listing_bytes: int = 128 << 20  # of a folder
    entries: int = 500_000  # in all folders: 150 years of ten files a day; they take 300 MB of memory
    told: int = 100  # odd entries, and closed ones; then how many more there are
    depth: int = 20  # folders below each other
    name_length: int = 255  # what file systems allow


LIMITS = Limits()
