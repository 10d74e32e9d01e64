"""Small lists that names are put together from."""

from collections.abc import Callable
from functools import lru_cache


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


FIRST_NAMES = _listed(
    "Astrid|Björn|Chloé|Deepa|Elvia|Fatima|Günter|Hugh|Ingrid|José|Karolína|Liam|Małgorzata|Nolan|Oluwaseun|"
    "Pelle|Quentin|Rosalía|Søren|Tegan|Ursula|Vigdís|Wilmer|Xiomara|Yuki|Zoë|Aleena|Branden|Cordelia|Dmitri|"
    "Eneida|Ferdinand"
)
FIRST_SLUGS = _listed(
    "astrid|bjorn|chloe|deepa|elvia|fatima|gunter|hugh|ingrid|jose|karolina|liam|malgorzata|nolan|oluwaseun|"
    "pelle|quentin|rosalia|soren|tegan|ursula|vigdis|wilmer|xiomara|yuki|zoe|aleena|branden|cordelia|dmitri|"
    "eneida|ferdinand"
)
LAST_NAMES = _listed(
    "Andersson|Bode-Rogahn|Carter|D'Amore|Ebert|Fjäll|García|Hamill|Ibrahim|Johnston|Kowalski|Lindqvist|"
    "Müller|Nguyễn|O'Keefe|Park|Quigley|Reichel|Schuppe|Terry|Upton|van der Berg|Weissnat|Xu|Yavuz|Zboncak|"
    "Ødegård|Ferreira, Jr.|Levine|Cuevas|Harrell"
)
LAST_SLUGS = _listed(
    "andersson|bode|carter|damore|ebert|fjall|garcia|hamill|ibrahim|johnston|kowalski|lindqvist|muller|nguyen|"
    "okeefe|park|quigley|reichel|schuppe|terry|upton|vandenberg|weissnat|xu|yavuz|zboncak|odegard|ferreira|"
    "levine|cuevas|harrell"
)
MAIL_DOMAINS = ("crist.biz", "bauch.org", "metz.com", "lindqvist.se", "nienow-mante.name", "dietrich.io", "murray.co")

FILMS = _listed(
    "Full Metal Harvest|The Great Escapade|Amélie's Winter|Unforgiven|The Third Woman|Cinema Paradise Lost|"
    "3 Idiots and a Goat|The Good, the Bad and the Hungry|Cidade do Sol|Das Boot im Nebel|"
    "Crouching Tiger, Sleeping Cat|Schindler's Garden|Rush Hour: Episode VII - The Return|¿Quién Está Ahí?|"
    "The Seventh Måltid|Lawrence of Antarctica"
)
FILM_FIRST = _listed(
    "Midnight|Silent|Golden|Broken|Crimson|Paper|Northern|Last|Hidden|Burning|Electric|Velvet|Lonely|Frozen|"
    "Restless|Emerald|Wild|Forgotten|Endless"
)
FILM_SECOND = _listed(
    "River|Garden|Empire|Express|Daughter|Orchestra|Harbour|Letters|Kingdom|Señorita|Mirror|Sparrow|Frontier|"
    "Waltz|Lighthouse|Smörgåsbord|Promise|Railway|Horizon|Carnival|Detective|Mountain|Café"
)
BOOKS = _listed(
    "As I Lay Writing|An Evil Cradle|The Waste Yard|Bury My Heart at Home, Please|A Scanner Brightly|"
    "Fame Is the Spark|No Longer at Sea|Père Grenouille|The House of Mirrors|A Time of Gift Cards|"
    "Women in Lava|Don't Look Now, Dear"
)
BOOK_FIRST = _listed(
    "Glory|Trembling|Mothers|Ashes|Honey|Silence|Marble|Thunder|Patience|Winter|Salt|Ivory|Copper|Summer|Dust|"
    "Rain|Saffron|Shadows|Lilacs"
)
BOOK_SECOND = _listed(
    "Dreams|Islands|Sorrow|Strangers|Saints|Bridges|Wolves|Clocks|Cathedrals|Rivers|Oranges|Ghosts|Sailors|"
    "Maps|Mañana|Thieves|Gardens|Kings|Letters|Years|Élan|Wolverhampton|Voices"
)
PUBLISHERS = ("Harcourt House", "Pavilion Books", "Sidgwick & Jackson", "Left Book Club", "J. M. Dent", "Norstedts")
LANGUAGES = ("English", "Swedish", "Thai", "Russian", "Italian", "German", "Japanese", "French", "Zulu", "Hindi")
LATIN = _listed(
    "solitudo|magnam|vulpes|aequitas|vitium|deputo|adhuc|velum|cibus|tum|desino|tersus|velit|assentator|"
    "tantillus|summa|molestiae|curo"
)
NATIONALITIES = (
    "Italians", "Dutch", "Welsh", "Angolans", "Canadians", "Danes", "Kazakhs", "Swedes", "Turkish Cypriots", "Faroese",
    "Egyptians", "English", "Armenians", "Norwegians", "Puerto Ricans", "Nepalese", "Germans", "Guianese (French)",
)  # fmt: skip
LICENSORS = ("Universe Muzak Corp.", "Werner Licensing", "Mere Lean Music", "So New Inc.", "Förlaget Ton & Text AB")
COUNTRIES = {"SE": 26, "GB": 20, "US": 18, "DE": 12, "FR": 7, "NO": 6, "DK": 4, "FI": 3, "NL": 2, "ES": 1, "IT": 1}
ARTISTS = _listed(
    "Kings Of Lund|Coldpay|The Blå Keys|Björk & Eik|Sigur Rós Revival|Amy Vinhus|Ludo, the Duo|"
    "Señor Coconut Grove|Guns N' Raisins|Florence + The Engine|Ñandú|DJ Övertorneå"
)
SONG_FIRST = ("Save", "Feel", "Lose", "Break", "Find", "Dance", "Call", "Remember", "Forget", "Hold", "Déjà", "Don't")
SONG_SECOND = (
    "Your Tears", "Something", "My Mind", "the Night", "Tomorrow", "Vu", "Again", "Real Friends", "Sertanejo ♫",
    "Mañana", "1 Step, 3 Steps", "Bam Bam 🔥", "Rhythm",
)  # fmt: skip
TOWNS = (
    "Portland-South Portland, ME", "Waterloo-Cedar Falls, IA", "Lansing-East Lansing, MI", "Houston-Sugar Land, TX",
    "San Francisco-Oakland-Hayward, CA", "Atlanta-Sandy Springs-Roswell, GA", "Salt Lake City, UT",
)  # fmt: skip
BROWSERS = (
    r"Mozilla\/5.0 (Macintosh; Intel Mac OS X 10_9) AppleWebKit\/537.36 (KHTML, like Gecko) Version\/7.0.6 Safari\/537",
    r"Mozilla\/5.0 (Windows NT 6.1; WOW64; rv:31.0) Gecko\/20100101 Firefox\/31.0",
    r"Mozilla\/5.0 (X11; Linux x86_64) AppleWebKit\/537.36 (KHTML, like Gecko) Chrome\/37.0.2062.94 Safari\/537.36",
)

_STEP = 7919  # a prime, so that neighbours get different words and yet every combination comes once
_FILM_SHAPES = ("The {0} {1}", "{0} {1}", "{1} of the {0} Sea", "My {0} {1}")
_BOOK_SHAPES = ("{0} and {1}", "The {1} of {0}", "A Book of {0} and {1}", "{0}, or the {1}")


@lru_cache(maxsize=8)
def films(count: int) -> tuple[str, ...]:
    """The titles of the first films that ever were."""
    return _titles(count, FILMS, _FILM_SHAPES, FILM_FIRST, FILM_SECOND)


@lru_cache(maxsize=8)
def books(count: int) -> tuple[str, ...]:
    """The names of the first books that ever were."""
    return _titles(count, BOOKS, _BOOK_SHAPES, BOOK_FIRST, BOOK_SECOND)


def _titles(
    count: int, known: tuple[str, ...], shapes: tuple[str, ...], first: tuple[str, ...], second: tuple[str, ...]
) -> tuple[str, ...]:
    def name(n: int) -> str:
        n, one = divmod(n, len(first))
        n, two = divmod(n, len(second))
        return shapes[n].format(first[one], second[two])

    return known[:count] + _numbered(count - len(known), len(shapes) * len(first) * len(second), name, "{0} {1}")


@lru_cache(maxsize=8)
def authors(count: int) -> tuple[str, ...]:
    """The names of the first authors that ever were."""

    def name(n: int) -> str:
        last, first = divmod(n, len(FIRST_NAMES))
        return f"{FIRST_NAMES[first]} {LAST_NAMES[last]}"

    return _numbered(count, len(FIRST_NAMES) * len(LAST_NAMES), name, "{0} ({1})")


def _numbered(count: int, combinations: int, name: Callable[[int], str], shape: str) -> tuple[str, ...]:
    """Distinct names: every combination once, then every one again with a number."""
    found = []
    for n in range(count):
        part, place = divmod(n, combinations)
        plain = name(place * _STEP % combinations)
        found.append(shape.format(plain, part + 1) if part else plain)
    return tuple(found)
