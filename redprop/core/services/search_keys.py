"""What the search box of persons is matched against."""

from redprop.areas.services.search_keys import find_key
from redprop.common.text import normalise_name
from redprop.core.models import Person


def fill_person(person: Person) -> None:
    """Set the name in its stored form and the search key."""
    person.name = normalise_name(person.name)
    person.pinyin = find_key(Person, person.name)
