"""How the `match` statement of a `process` is read, and asked about an event."""
