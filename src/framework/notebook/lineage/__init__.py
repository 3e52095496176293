"""What a recorder kept of a run: which event caused which, who sent what to whom, who worked when."""
