"""Puts the folder of `reactive_samples` on the path of the tests in all sub-folders."""
