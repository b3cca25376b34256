"""The service over HTTP: one noun a file."""
