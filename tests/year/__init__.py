"""A year of the company, lived day by day through the real services, with every guard-rail looked at every night."""
