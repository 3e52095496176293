"""Redefined processors: compared with archived results, and put into a new pipeline."""
