"""What advertising platforms and our own sites deliver."""

from songify_assets.datasets.marketing.feeds.own import ACCOUNTS, CHANNELS, CONVERSIONS, TOUCHES
from songify_assets.datasets.marketing.feeds.platforms import EMAIL, FACEBOOK, GOOGLE, PLATFORMS

FEEDS = (*PLATFORMS, TOUCHES, CONVERSIONS, CHANNELS, ACCOUNTS)

__all__ = ["ACCOUNTS", "CHANNELS", "CONVERSIONS", "EMAIL", "FACEBOOK", "FEEDS", "GOOGLE", "PLATFORMS", "TOUCHES"]
