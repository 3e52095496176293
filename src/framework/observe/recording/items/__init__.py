"""What becomes of items in the jobs of a flow, kept and read. Start at `item_history`."""
