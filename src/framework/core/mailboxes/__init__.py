"""What waits for which processor, and how events get there."""
