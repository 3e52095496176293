"""What a record is, how it is signed, and where it stands."""
