"""Questions about a pipeline that change nothing."""
