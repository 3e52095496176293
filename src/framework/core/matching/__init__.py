"""Reads the `match` statements of a `process`, and tells whether an event fits them."""
