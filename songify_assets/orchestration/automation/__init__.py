"""What starts runs by itself: sensors, schedules, jobs."""
