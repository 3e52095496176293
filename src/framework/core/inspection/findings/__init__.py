"""Findings about a pipeline: what is odd in a run and is not an error, each kind a function. Start at `diagnosis`."""
