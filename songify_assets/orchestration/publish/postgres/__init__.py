"""The published warehouse in a Postgres, for tools that want a server: the same tables, one transaction a publication."""
