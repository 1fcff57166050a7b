"""The district's numbers of talent work as of a day, and the checks of what is entered about graduates."""

import datetime as dt
from dataclasses import fields

from django.utils.translation import gettext as _

from enterprises.models import Graduate, Post, TalentRule
from enterprises.talent_checks import LEAST_AGE_AT_DEGREE, TalentNumbers, age_on, check_age, check_degree
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.core.models import Person
from redprop.core.services.people import also_check_born, birth_date_of

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


@also_check_born
def check_number_against_posts(person: Person, born: dt.date) -> None:
    """Refuse an ID number by which the person was too young on the first day in post or on that of the degree."""
    first = Post.objects.filter(person=person).order_by("valid_from").values_list("valid_from", flat=True)
    day = first.first()
    if day is not None:
        least = talent_numbers_on(person.district_id, day).least_age
        if age_on(born, day) < least:
            raise Refused(
                _(
                    "By this ID number the person was under %(age)s on the first day in post (%(day)s). Compare with the card, or correct the post first."
                )
                % {"age": least, "day": day.isoformat()},
                code="birth-date",
                field="id_number",
            )
    degree = Graduate.objects.filter(person=person).values_list("graduated_on", flat=True).first()
    if degree is not None and age_on(born, degree) < LEAST_AGE_AT_DEGREE:
        raise Refused(
            _(
                "By this ID number the person was %(age)s on the day of the degree (%(day)s). Compare card and diploma: the number or the day is wrong."
            )
            % {"age": max(0, age_on(born, degree)), "day": degree.isoformat()},
            code="birth-date",
            field="id_number",
        )
