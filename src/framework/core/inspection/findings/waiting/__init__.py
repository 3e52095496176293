"""Findings about what did not end, or never came."""
