"""Where tables are computed: what an engine is, transforms that run on any, and what each engine does in its own way."""
