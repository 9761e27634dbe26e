"""The acts of the app that are not a log-in's."""
