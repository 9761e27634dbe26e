"""The acts of self-service, one module each."""
