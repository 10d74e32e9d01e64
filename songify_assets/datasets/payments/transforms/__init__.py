"""The business of payments: what belongs together, what state it is in, and what lies at the gateways."""
