"""Complaints: one case per household, its clocks and steps, and the call that puts it right."""
