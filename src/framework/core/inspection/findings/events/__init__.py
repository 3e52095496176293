"""Findings about events: unheard, changed, of two classes, handled twice."""
