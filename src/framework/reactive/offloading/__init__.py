"""Builds that run on an executor: processes or a cluster."""
