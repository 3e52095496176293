"""Findings about items: failed, dropped, sent to no arm or to no error job, empty, too many at once."""
