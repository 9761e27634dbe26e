"""Finding what somebody did to the log: what, and where."""
