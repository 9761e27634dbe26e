"""Backup and restore of database and token together, and the proof that what was restored opens.

Values in the database are sealed with keys in the token: one without the other is worth nothing.
"""
