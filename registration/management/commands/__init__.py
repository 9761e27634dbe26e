"""Commands for the first set-up."""
