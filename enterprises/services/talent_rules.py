"""The district's numbers of talent work as of a day, and the checks of what is entered about graduates."""

import datetime as dt
from dataclasses import fields

from enterprises.models import Graduate, Post, TalentRule
from enterprises.talent_checks import TalentNumbers, check_age, check_degree
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.core.models import Person
from redprop.core.services.people import birth_date_of

__all__ = ["check_graduate", "check_post_age", "talent_numbers_on"]


def talent_numbers_on(district: District | int, day: dt.date) -> TalentNumbers:
    """The parameters in force on the day (one query); the sample without any row."""
    rule = TalentRule.objects.on(day).filter(district=district).first()
    if rule is None:
        return TalentNumbers()
    return TalentNumbers(**{one.name: getattr(rule, one.name) for one in fields(TalentNumbers)})


def check_graduate(graduate: Graduate) -> None:
    """Refuse a degree after the recruitment, and dates that the ID number contradicts."""
    person = graduate.person
    born = birth_date_of(person)
    check_degree(person.name, graduate.graduated_on, graduate.recruited_on, born)
    if graduate.recruited_on is not None:
        numbers = talent_numbers_on(person.district_id, graduate.recruited_on)
        try:
            check_age(person.name, born, graduate.recruited_on, numbers.least_age)
        except Refused as refused:
            refused.fields["field"] = "recruited_on"
            raise


def check_post_age(post: Post) -> None:
    """Refuse a post that begins before the holder is of age, where the ID number is known."""
    person: Person = post.person
    born = birth_date_of(person)
    if born is not None:
        numbers = talent_numbers_on(person.district_id, post.valid_from)
        check_age(person.name, born, post.valid_from, numbers.least_age)
