"""The assets of playlists: what was seen, and which recording each video is."""

from songify_assets.datasets.playlists.assets import matching, seen

ASSETS = (*seen.ASSETS, *matching.ASSETS)
