"""Benchmarks: one module each, with a function ``run`` that returns its figures; never part of the tests."""
