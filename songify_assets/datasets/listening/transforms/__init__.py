"""The business of listening: song plays with their songs, versions of users, and what was played a day."""
