"""Going on with redefined processors."""
