"""What other programs and people are served: the published warehouse, read only."""
