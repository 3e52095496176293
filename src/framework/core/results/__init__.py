"""Results that are asked for, collected, compared with those of new code, and removed."""
