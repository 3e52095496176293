"""Which event caused which."""
