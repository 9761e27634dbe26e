"""Pages of the backoffice, one module each."""
