"""Tests that read the code itself: what a reviewer would otherwise have to remember."""
