"""Equal digests for equal types and values."""
