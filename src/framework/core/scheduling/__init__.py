"""Which thread delivers what, and when."""
