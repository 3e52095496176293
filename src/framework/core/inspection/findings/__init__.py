"""Findings about a pipeline, a kind in each file: what is odd in a run and is not an error. Start at `diagnosis`."""
