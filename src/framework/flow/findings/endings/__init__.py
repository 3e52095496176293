"""Findings about how a run ended: what was left, what was cut off, what went wrong with its workers."""
