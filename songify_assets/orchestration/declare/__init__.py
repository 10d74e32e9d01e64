"""What a dataset declares: its tables, what they read, what must be true of them."""
