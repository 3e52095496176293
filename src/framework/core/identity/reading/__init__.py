"""How the code that a result depends on is read."""
