"""Benchmarks: what our service costs, as a ratio against a limit measured in the same run."""
