"""Makers of rows that tests begin with, through the same steps as the portal itself."""
