"""The lake's tables for readers: the warehouse, and the files that it reads."""
