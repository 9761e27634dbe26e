"""Pages of self-service, one module each."""
