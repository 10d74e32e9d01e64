"""What `songify serve` answers: the published warehouse over HTTP, in four forms, with its freshness and its keys."""
