"""Tasks: one promise to one customer, done by one associate. How a task may change stands in lifecycle.py."""
