"""The business of subscriptions: events become states, states movements, movements months and cohorts."""
