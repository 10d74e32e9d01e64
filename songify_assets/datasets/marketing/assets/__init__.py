"""The assets of marketing: performance of campaigns, touches and their channels, and attribution."""

from songify_assets.datasets.marketing.assets import attribution, performance, touches

ASSETS = (*performance.ASSETS, *touches.ASSETS, *attribution.ASSETS)
