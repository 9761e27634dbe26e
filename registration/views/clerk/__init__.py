"""Pages of the registration authority's clerks."""
