"""A pipeline under the hand, phase by phase."""
