"""The real listening data, as one drop."""

from songify_assets_tests.home import REAL_DATA
from songify_assets_tests.in_process import InProcess

DAY = "2018-11-21"


def deliver_real_listening(product: InProcess) -> None:
    folder = REAL_DATA / "listening"
    for file in folder.rglob("*.json"):
        path = file.relative_to(folder) if "song_data" in file.parts else file.name
        product.deliver("listening", DAY, str(path), file.read_bytes())
