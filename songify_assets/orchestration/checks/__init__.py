"""Checks: of deliveries and tables, how they are told, and what a failed one holds back."""
