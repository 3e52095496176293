"""Values out of a pipeline: targets that are computed on request, events that are collected."""
