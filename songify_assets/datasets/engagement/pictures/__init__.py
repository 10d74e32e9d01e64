"""The pictures of engagement."""
