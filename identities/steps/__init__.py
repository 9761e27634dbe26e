"""Writes that an app above composes into its own transaction. Each asserts that it is inside one."""
