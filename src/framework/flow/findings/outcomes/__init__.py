"""Findings about items and the end of a run: failed, dropped, sent to no arm, cut off, left behind."""
