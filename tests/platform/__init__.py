"""Tests of the platform: start and stop, health, checks, refusals."""
