"""What waits in front of a job, and where items come from."""
