"""The addresses that the app speaks to."""
