"""A delivery: its records as typed rows or refused ones, its raw partition, whether it is held, what it changed, and the way back in."""
