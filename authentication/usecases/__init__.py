"""The acts of authentication, one module each."""
