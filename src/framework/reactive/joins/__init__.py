"""Joins by key."""
