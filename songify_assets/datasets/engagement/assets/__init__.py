"""The assets of engagement: who was active, who comes back, how products are used, funnels and features."""

from songify_assets.datasets.engagement.assets import activity, features, funnels, retention, usage

ASSETS = (*activity.ASSETS, *retention.ASSETS, *usage.ASSETS, *funnels.ASSETS, *features.ASSETS)
