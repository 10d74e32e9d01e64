"""Alerts: who is told of what, each message once."""
