"""Pages of the operators' wing."""
