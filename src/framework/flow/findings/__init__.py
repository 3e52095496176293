"""Findings about a flow, a kind in each file: what is odd in a run. Start at `diagnosis`."""
