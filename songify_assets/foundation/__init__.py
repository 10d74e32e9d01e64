"""What a file and a frame go through. Never imports Dagster and knows no dataset by name."""
