"""Alerts: what is wrong now is found, entered in the outbox, and sent by Apprise. One sensor does it, see sensor.py."""
