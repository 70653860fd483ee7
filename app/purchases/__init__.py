"""What was sold: products, purchases and their lines."""
