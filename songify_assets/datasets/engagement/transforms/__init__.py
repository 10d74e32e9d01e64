"""The business of engagement: who is active, who comes back, sessions, funnels and features, for both products alike."""
