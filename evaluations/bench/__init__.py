"""Figures to reach (design section 9), measured in databases of their own: `make bench`."""
