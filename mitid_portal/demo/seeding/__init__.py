"""Brings the demo's people and office about, through the doors that real ones come through."""
