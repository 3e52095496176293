"""Findings about deliveries: without a case, silent, failed, replayed, slow."""
