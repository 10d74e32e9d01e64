"""The datasets: one folder a schema, each with the same rooms (feeds, tables, transforms, assets, checks)."""
