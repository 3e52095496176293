"""Builders that keep a part of their inputs for a while: batches, groups, samples, joins by key."""
