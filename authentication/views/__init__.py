"""The log-in pages, one module each."""
