"""What happened, kept: the history of a run, dead letters, and the recorder."""
