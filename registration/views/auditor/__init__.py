"""Pages of the auditors' wing."""
