"""Import and export declarations of the core; importing this module registers them."""

from redprop.core.imports import id_numbers
from redprop.core.imports.ground import people_in_register, person_reference

__all__ = ["id_numbers", "people_in_register", "person_reference"]
