"""What the user typed, made into values; every refusal names the flag, the value and the remedy."""
