"""Live events as tables: counts and step times exactly, and what was counted live beside them."""
