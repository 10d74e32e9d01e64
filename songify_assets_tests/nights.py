"""Nights of small drops from all sources, told from their date alone, as the product meets them one after the other."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from songify_assets_tests.datasets.drop import Drop
from songify_assets_tests.datasets.live.drops import login, refused, segment, step
from songify_assets_tests.home import Home, csv, plays

ZONE = ZoneInfo("Europe/Stockholm")


def nights(first: date, number: int) -> Iterator[date]:
    """The delivery dates of so many nights."""
    return (first + timedelta(days=night) for night in range(number))


def counted(day: date) -> int:
    """How many plays a night delivers."""
    return day.day % 7 + 1


def deliver(home: Home, day: date) -> None:
    """Puts a night's drop of every source there, as written at one in the night."""
    files = {("royalties", name): content for name, content in royalties(day).items()}
    files |= {("viewing", name): content for name, content in viewing(day).items()}
    files |= {("vendor", name): content for name, content in vendor(day).items()}
    files |= {("listening", name): content for name, content in listening(day).items()}
    files |= {("playlists", name): content for name, content in playlists(day).items()}
    files |= {("subscriptions", name): content for name, content in subscriptions(day).items()}
    files |= {("payments", name): content for name, content in payments(day).items()}
    files |= {("marketing", name): content for name, content in marketing(day).items()}
    home.clock = datetime(day.year, day.month, day.day, 1, tzinfo=ZONE).timestamp()
    for (source, name), content in files.items():
        home.deliver(source, str(day), name, content)
    for drop in live(day):
        home.clock += 1
        os.utime(drop.write(home.path / "live" / "drops", ()), (home.clock, home.clock))


def royalties(day: date) -> dict[str, str]:
    """Plays of a track that another licensor has from each fifth of a month on."""
    licensor = "Ann & Co" if day.day < 5 else "Ben"
    return {
        "plays.csv": plays(*["se,a,60000"] * counted(day), "dk,a,61000", "se,a,59999"),
        "locations.csv": csv("id,country", "se,SE", "dk,DK"),
        "tracks.csv": csv("id,licensor", f"a,{licensor}"),
    }


def viewing(day: date) -> dict[str, str]:
    """Streams of the day before, one that is two days late, and one over the hour at which clocks are changed."""
    starts = [_at(day, -1, 20), _at(day, -3, 21), _at(day, 0, 0) + timedelta(hours=2)]
    streams = [f"Alien,u{at.day}@x.se,900,{at.isoformat()},{(at + timedelta(minutes=90)).isoformat()}" for at in starts]
    people = [f"Ann,Lee,u{number}@x.se" for number in range(1, 32)]
    return {
        "users.csv": csv("first_name,last_name,email", *people),
        "movies.csv": csv("title,duration_mins,original_language,size_mb", "Alien,117,en,1500"),
        "streams.csv": csv("movie_title,user_email,size_mb,start_at,end_at", *streams),
    }


def vendor(day: date) -> dict[str, str]:
    """Dumps of an author, her book, and a review that ties it to the film."""
    title = "Alien"
    author = {"metadata": {"name": "Ann", "birth_date": "1950-02-03", "died_at": None}, "nationalities": []}
    book = {"name": title, "pages": 100 + day.day // 10, "author": "Ann", "publisher": "Pan"}
    instants = {"created": "2020-01-01T10:00:00Z", "updated": "2020-01-02T10:00:00Z"}
    of = {"books": [{"metadata": {"title": title}}], "movies": [{"title": "Alien"}]}
    review = {"content": {"text": "fine"}, "rating": {"rate": 4, "label": "good"}, **of, **instants}
    return {
        "authors.json": json.dumps([author]),
        "books.json": json.dumps([book]),
        "reviews.json": json.dumps([review]),
    }


def listening(day: date) -> dict[str, str]:
    """Songs of the day before and of the night, a late one, an upgrade on its way over midnight, and a file of a song."""
    events = [
        (_at(day, -1, 20), "NextSong"), (_at(day, -1, 23), "Upgrade"), (_at(day, 0, 0) + timedelta(minutes=30), "NextSong"),
        (_at(day, -5, 21), "NextSong"), (_at(day, 0, 0) + timedelta(minutes=40), "Submit Upgrade"),
    ]  # fmt: skip
    log = [
        {"userId": str(at.day % 5), "sessionId": day.toordinal(), "itemInSession": place, "page": page, "level": "free",
         "ts": int(at.timestamp() * 1000), "song": "Uno" if page == "NextSong" else None, "artist": "Dos", "length": 200.0}
        for place, (at, page) in enumerate(events)
    ]  # fmt: skip
    song = {"song_id": "SO1", "title": "Uno", "artist_id": "AR1", "artist_name": "Dos", "duration": 200.0, "year": 0}
    return {
        f"{day}-events.json": "\n".join(map(json.dumps, log)),
        "song_data/A/B/TR1.json": json.dumps(song, indent=1),
    }


def playlists(day: date) -> dict[str, str]:
    """A playlist of the night of which one video rises and another comes and goes, one seen again too late, and the catalogue."""
    hits = {"playlist_id": "P", "playlist_name": "Hits", "artwork_url": "", "channel_id": "C", "num_videos": 3}
    videos = [f"{day.day % 3}-new", "v1", "v2"] if day.day % 2 else ["v2", "v1"]
    seen = [(day, video, place) for place, video in enumerate(videos)] + [(day - timedelta(days=4), "v1", 5)]
    items = [
        {**hits, "views": at.toordinal(), "timestp": f"{at}T12:00:0{place}.5", "video_id": video, "title": f"Dos - {video}",
         "artist_name": None, "image_url": "", "track_title": None, "position": place}
        for at, video, place in seen
    ]  # fmt: skip
    spelt = "seaaa-22-00002" if day.day % 2 else "SEAAA2200002"
    recordings = ["cm_track,track,isrc,cm_artist,artist", "1,v1,SEAAA2200001,1,Dos", f"2,V2,{spelt},1,dos"]
    return {"youtube_playlist.json": json.dumps(items), "cm_track.csv": "\n".join([*recordings, ""])}


def subscriptions(day: date) -> dict[str, str]:
    """A sign-up of the day before, a late payment, a cancellation that acts in three days, and one that is taken back."""
    plans = csv(
        "plan_id,name,interval,interval_count,price,currency", f"p,P,month,1,{90 + day.day},SEK", "y,Y,year,1,1000,JPY"
    )
    header = "event_id,subscription_id,customer_id,type,plan_id,quantity,amount,currency,occurred_at,effective_at"
    at, late, ahead = (_at(day, days, 12).isoformat() for days in (-1, -6, 3))
    events = [
        f"s{day},S{day},C{day.day % 5},sign_up,{'p' if day.day % 2 else 'y'},,,{'SEK' if day.day % 2 else 'JPY'},{at},",
        f"p{day},S{day - timedelta(days=6)},C{day.day % 5},payment,,,12,SEK,{late},",
        f"c{day},S{day - timedelta(days=4)},C{day.day % 5},cancellation,,,,SEK,{at},{ahead}",
        f"c{day - timedelta(days=1)},S{day - timedelta(days=5)},C{day.day % 5},{'void' if day.day % 3 == 0 else 'cancellation'},,,,SEK,{at},",
    ]
    return {"plans.csv": plans, "subscription_events.csv": csv(header, *events)}


def payments(day: date) -> dict[str, str]:
    """An invoice of the day and one for a later day, what is paid for an earlier one, a payout, and a line of the bank."""
    before = day - timedelta(days=2)
    invoices = [
        f"I{day},C,invoice,open,{day.day}.50,SEK,{day},",
        f"A{day},C,invoice,open,1,SEK,{day + timedelta(days=4)},",
    ]
    amount, fee = f"{before.day}.50", "0.50"
    paid = [
        f"Stripe,T{day},payment,,I{before},{amount},{fee},{before.day}.00,SEK,,,{_at(day, -1, 12).isoformat()},,P{day}"
    ]
    paid += paid if day.day % 4 == 0 else []
    payout = f"Stripe,P{day},{'failed' if day.day % 9 == 0 else 'paid'},{before.day}.00,SEK,{_at(day, -1, 20).isoformat()},{day + timedelta(days=1)}"
    lines = [
        f"L{day},{day},{(day - timedelta(days=3)).day}.00,SEK,stripe,{'' if day.day % 2 else f'P{day - timedelta(days=1)}'}",
        f"R{day},{day},-5,SEK,Landlord,",
    ]
    header = "gateway,transaction_id,type,parent_id,invoice_refs,amount,fee,net,currency,customer_amount,customer_currency,created_at,available_on,payout_id"
    return {
        "invoices.csv": csv("invoice_id,customer_id,kind,status,amount,currency,issued_on,due_on", *invoices),
        "gateway_transactions.csv": csv(header, *paid),
        "gateway_payouts.csv": csv("gateway,payout_id,status,amount,currency,created_at,arrival_on", payout),
        "bank_lines.csv": csv("line_id,booked_on,amount,currency,counterparty,reference", *lines),
    }


def marketing(day: date) -> dict[str, str]:
    """Reports of the day before and of one before that, restated; touches, one of them late, and a sale."""
    google = [
        f"{day - timedelta(days=back)},A,c{number},Spring,SEK,100,{day.day},{day.day * 10_000},1,2"
        for back in (1, 3)
        for number in range(1 + back % 2)
    ]
    mail = f"{day - timedelta(days=1):%d.%m.%Y};M;m;News;SEK;10;1;0;0,00;1,50"
    facebook = {
        "date_start": str(day), "date_stop": str(day), "account_id": "F", "account_currency": "SEK", "campaign_id": "f", "campaign_name": "x",
        "impressions": 5, "clicks": 1, "spend": "1.005", "actions": [{"action_type": "purchase", "value": "1"}],
    }  # fmt: skip
    touches = [
        f"T{day},u{day.day % 4},{_at(day, -1, 9).isoformat()},google,cpc,c0", f"L{day},u{day.day % 3},{_at(day, -5, 9).isoformat()},fb,,",
        f"D{day},u{day.day % 2},{_at(day, 0, 0).isoformat()},,,",
    ]  # fmt: skip
    return {
        "google_ads.csv": csv(
            "Day,Customer ID,Campaign ID,Campaign,Currency code,Impressions,Clicks,Cost (micros),Conversions,Conv. value",
            *google,
        ),
        "email_sends.csv": csv("Date;Account;Campaign ID;Campaign;Currency;Delivered;Clicks;Orders;Revenue;Cost", mail),
        "facebook_ads.json": json.dumps([facebook]),
        "touchpoints.csv": csv("touch_id,user_id,touched_at,utm_source,utm_medium,utm_campaign", *touches),
        "conversions.csv": csv(
            "conversion_id,user_id,converted_at,value,currency",
            f"V{day},u{day.day % 4},{_at(day, -1, 12).isoformat()},{day.day}.07,SEK",
        ),
        "channels.csv": csv(
            "utm_source,utm_medium,channel", f"google,,{'Search' if day.day < 15 else 'Ads'}", "fb,,Social"
        ),
        "ad_accounts.csv": csv(
            "platform,account_id,time_zone,currency,channel",
            "google_ads,A,Europe/Paris,SEK,Search",
            "facebook_ads,F,,SEK,Social",
        ),
    }


def live(day: date) -> list[Drop]:
    """The segment of the first hour of a day: logins and steps of it and of the hour before, a late one, and one that was refused."""
    hour = _at(day, 0, 0).astimezone(UTC)
    before = hour - timedelta(seconds=30)
    logins = [
        login(hour, f"u{day.day % 3}"),
        login(before, "u1", None, hour),
        login(_at(day, -3, 9).astimezone(UTC), "u2", "DK", hour),
    ]
    steps = [step(hour, float(day.day), "u1"), step(before, 2.5, "u2", arrived=hour)]
    return [
        *segment("logins", hour, [*logins * 10, refused("logins", hour, "in_the_future", "{}")]),
        *segment("steps", hour, steps),
    ]


def _at(day: date, days: int, hour: int) -> datetime:
    """An instant some days later, told with its offset; hours after midnight are counted in UTC, where none is missing."""
    then = day + timedelta(days=days)
    midnight = datetime(then.year, then.month, then.day, tzinfo=ZONE)
    return (midnight.astimezone(ZoneInfo("UTC")) + timedelta(hours=hour)).astimezone(ZONE)
