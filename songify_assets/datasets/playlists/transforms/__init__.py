"""From what was seen to logs, movers and entities; and from titles of videos to recordings."""
