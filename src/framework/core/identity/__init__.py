"""What the results of a processor depend on."""
