"""Findings about what workers wait for and what takes the time."""
