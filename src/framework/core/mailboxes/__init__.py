"""What waits for each processor, and how it gets there."""
