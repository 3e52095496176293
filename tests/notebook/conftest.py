"""Puts this folder, with the graphs, snapshots and pipelines that its tests share, on the path."""
