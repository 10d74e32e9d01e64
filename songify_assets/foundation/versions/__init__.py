"""What full dumps tell over time: differences from dump to dump, versions as of a day, and the days that a dump touches."""
