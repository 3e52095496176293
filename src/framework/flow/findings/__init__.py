"""Findings about a flow: what is odd in a run, each kind a function of plain evidence. Start at `diagnosis`."""
