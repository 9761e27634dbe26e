"""The whole story, played over HTTP against a running portal (ADR 0033)."""
