"""Measurements, run by `make bench`. Never part of the tests: a slow machine is not a mistake."""
