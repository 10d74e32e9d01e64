"""A delivery: its records as typed rows or refused ones, its raw partition, whether it is held, and the way back in."""
