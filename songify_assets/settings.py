"""The settings of the product, read from the environment and from a `.env` file. A leaf: it imports nothing of ours but errors."""

import os
import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from dotenv import dotenv_values
from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from songify_assets.errors import SettingsError

PREFIX = "SONGIFY_"
SOURCE_URL = f"{PREFIX}DROPS_URL_"
LIVE = "live"  # the source whose drops `songify live` writes, so that they lie in the home
MOST_DAYS = 100_000  # so many days ago is still a date


def _absolute(path: Path) -> Path:
    try:
        return path.expanduser().absolute()
    except RuntimeError:
        raise ValueError("names a user that is not known here") from None


def _home(path: Path) -> Path:
    home = _absolute(path)
    if any(letter in str(home) for letter in "*?["):
        raise ValueError(
            "lies in a folder with *, ? or [ in its name, which those who read its files take for a pattern"
        )
    return home


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is not an IANA time zone such as Europe/Stockholm")
    return name


def _drops_url(url: str | None) -> str | None:
    if url:
        try:
            parts = urlsplit(url)
            port_is_a_number = parts.port or True
        except ValueError:
            raise ValueError(
                "is not a URL: check the port and percent-encode special characters of the password"
            ) from None
        if parts.scheme not in ("file", "ftp", "ftps") or not port_is_a_number:
            raise ValueError("must start with file://, ftp:// or ftps://")
        if parts.scheme != "file" and not parts.hostname:
            raise ValueError("names no host")
    return url


Url = Annotated[str, AfterValidator(_drops_url)]


def _postgres_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_right = not url or (parts.scheme.split("+")[0] in ("postgresql", "postgres") and parts.port != 0)
    except ValueError:
        is_right = False
    if not is_right:
        raise ValueError("is not an address such as postgresql://user:password@host:5432/database")
    return url


def _live_source(url: str) -> str:
    form = "redis://HOST:PORT/DB?logins=STREAM&steps=STREAM"
    if not url:
        return url
    try:
        parts = urlsplit(url)
        is_place = bool(parts.hostname) and parts.port != 0 and (parts.path.strip("/") or "0").isdecimal()
        asked = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise ValueError(
            f"is not an address such as {form}; percent-encode special characters of the password"
        ) from None
    if parts.scheme != "redis":
        raise ValueError(f"begins with another scheme than redis://, which alone can be read: {form}")
    if not is_place or parts.fragment:
        raise ValueError(f"is not an address such as {form}")
    if not {name for name, _ in asked} <= {"logins", "steps"}:
        raise ValueError(f"has a parameter that is neither logins nor steps: {form}")
    keys = [key for _, key in asked if key]
    if not keys or len(keys) < len(asked):
        raise ValueError(f"names no stream to read: add ?logins=STREAM, or &steps=STREAM, or both: {form}")
    if len(set(keys)) < len(asked) or len({name for name, _ in asked}) < len(asked):
        raise ValueError("names a stream twice: logins and steps have one of their own each")
    return url


def _spark_master(master: str) -> str:
    if not re.fullmatch(r"local(\[(\d+|\*)\])?|spark://[^:,/]+:\d+(,[^:,/]+:\d+)*|sc://[^:,/]+:\d+", master):
        raise ValueError("is not a master of Spark such as local[*], spark://host:7077 or sc://host:15002")
    return master


class Settings(BaseSettings):
    """All settings; the environment variable of a field is its name in capitals after `SONGIFY_`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    home: Annotated[Path, AfterValidator(_home)] = Field(
        default=Path(".songify"), description="everything the product writes lives under it", validate_default=True
    )
    drops_url: Url = Field(
        default="", description="where drops appear: file://, ftp:// or ftps:// (default: home/drops)"
    )
    timezone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default="Europe/Stockholm", description="the business day"
    )
    start_date: date = Field(default=date(2018, 11, 1), description="first daily partition")
    settle_seconds: float = Field(
        default=60, ge=0, description="how long a file must stand still to count as delivered"
    )
    alert_urls: Annotated[tuple[str, ...], NoDecode] = Field(default=(), description="where alerts go, comma-separated")
    ui_url: str = Field(default="http://127.0.0.1:3000", description="where people open the web UI; alerts link to it")
    mass_delete_limit: float = Field(
        default=0.20, ge=0, le=1, description="share of missing keys that holds a full dump"
    )
    quarantine_limit: float = Field(default=0.05, ge=0, le=1, description="share of refused rows that fails a delivery")
    snapshot_hours: float = Field(
        default=24, ge=0, description="how long an open reader of the warehouse can count on the files of its load"
    )
    keep_plain_days: int = Field(
        default=7, ge=0, le=MOST_DAYS, description="after so many days landed bytes are kept compressed"
    )
    keep_raw_days: int = Field(
        default=30,
        ge=0,
        le=MOST_DAYS,
        description="after so many days raw dumps go; they are made again from landed bytes when needed",
    )
    hot_days: int = Field(default=90, ge=0, description="logs keep every day for so many days")
    warm_days: int = Field(
        default=365, ge=0, description="and the last snapshot of each week for so many; then of each month"
    )
    close_after_days: int | None = Field(
        default=None, ge=0, le=MOST_DAYS, description="months are closed by themselves so many days after their end"
    )
    restate_above: float = Field(
        default=0.001,
        ge=0,
        le=1,
        description="share of a country's plays that may move after a month was closed, before you are told",
    )
    postgres_url: Annotated[str, AfterValidator(_postgres_url)] = Field(
        default="",
        description="a Postgres that gets every table of the warehouse, postgresql://user:password@host/database",
    )
    live_lateness_seconds: float = Field(
        default=60,
        ge=0,
        description="an event that arrives later than this after the end of its minute is late",
    )
    live_source: Annotated[str, AfterValidator(_live_source)] = Field(
        default="",
        description="a broker that `songify live` also reads, redis://HOST:PORT/DB?logins=STREAM&steps=STREAM",
    )
    live_url: str = Field(default="http://127.0.0.1:8460", description="where `songify serve` finds `songify live`")
    serve_workers: int = Field(default=1, ge=1, le=64, description="processes in which `songify serve` answers")
    engine: Literal["polars", "spark"] = Field(default="polars", description="what computes the large tables")
    spark_master: Annotated[str, AfterValidator(_spark_master)] = Field(
        default="local[*]",
        description="where Spark computes: local[*], spark://host:7077, or sc://host:15002 (Spark Connect)",
    )
    ftps_ca: Path | None = Field(default=None, description="private certificate authority of ftps:// servers (PEM)")
    source_urls: Annotated[dict[str, Url], NoDecode] = Field(
        default={}, description="places of single sources, from SONGIFY_DROPS_URL_<SOURCE>"
    )

    def __init__(self, **values: Any) -> None:
        urls = {
            name.removeprefix(SOURCE_URL).lower(): url
            for name, url in variables().items()
            if name.startswith(SOURCE_URL)
        }
        if isinstance(alerts := values.get("alert_urls", variables().get(f"{PREFIX}ALERT_URLS")), str):
            values["alert_urls"] = tuple(url.strip() for url in alerts.split(",") if url.strip())
        super().__init__(**{"source_urls": urls, **values})

    def __hash__(self) -> int:
        """So that what is made for some settings can be kept; the places of sources, a dict, have no hash."""
        return hash(self.home)

    def setting_of(self, source: str) -> str:
        """The name of the setting that says where a source's drops appear."""
        has_own = source in self.source_urls or source == LIVE
        return SOURCE_URL + source.upper() if has_own else f"{PREFIX}DROPS_URL"

    def place_of(self, source: str) -> tuple[str, str | None]:
        """The URL where a source's drops appear, and the folder below it (None: the URL is the source's own folder)."""
        if source in self.source_urls:
            return self.source_urls[source], None
        if source == LIVE:
            return self.home.as_uri(), f"{LIVE}/drops"
        return self.drops_url or (self.home / "drops").as_uri(), source

    @property
    def zone(self) -> ZoneInfo:
        """The business time zone."""
        return ZoneInfo(self.timezone)


def variables() -> dict[str, str]:
    """What the environment and the `.env` file hold."""
    try:
        own = dotenv_values(".env")
    except (OSError, UnicodeDecodeError) as error:
        why = "it is no text in UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise SettingsError(
            f"this file cannot be read ({why})", where=str(Path(".env").absolute()), remedy="Mend it or remove it."
        ) from None
    return {name: value for name, value in {**own, **os.environ}.items() if value}


def load_settings() -> Settings:
    """The settings of this process; SettingsError names each variable that is wrong, never its secret value."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        path = [str(part) for part in first["loc"]]
        name = SOURCE_URL + path[1].upper() if path[0] == "source_urls" and len(path) > 1 else PREFIX + path[0].upper()
        what = first["msg"].removeprefix("Value error, ")
        shown = "" if "URL" in name or name == f"{PREFIX}LIVE_SOURCE" else f" (it is {first['input']!r})"
        raise SettingsError(f"{what}{shown}", where=name, remedy="Correct it in the environment or in .env.") from None


def keep_private() -> None:
    """What this process and its children write is for its user and group only: tables hold mail addresses."""
    os.umask(os.umask(0o077) | 0o027)
