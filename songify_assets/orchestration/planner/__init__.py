"""What is out of date, and which runs bring it up to date."""
