"""The demo's pages and their counterparts for programs."""
