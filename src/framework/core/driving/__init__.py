"""Phases and runs, and the thread that drives them."""
