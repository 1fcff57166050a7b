"""Subsidies apart from the database: amounts, and the words, reads and files around them."""
