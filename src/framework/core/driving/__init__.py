"""Phases and runs: what drives a scheduler to the end."""
