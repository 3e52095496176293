"""Runs a pipeline phase by phase."""
