"""Micro-benchmarks of what the harness does for every request and every second, and later of the patterns."""
