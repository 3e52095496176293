"""What a job is, before it runs."""
