"""The credit of enterprises on the day of publication: the district's sum by its scheme, and the city's grade taken in by file."""

import datetime as dt

from enterprises.models import Enterprise
from evaluations.credit.schemes import Part
from evaluations.models import CityRating
from evaluations.services.credit import scheme_on, standings
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.public import content


def credit_of(district: District, today: dt.date) -> dict[int, content.Credit]:
    """Return by enterprise where it stands; nothing without a scheme in force (five queries)."""
    try:
        scheme = scheme_on(district, today)
    except Refused:
        return {}
    rows = list(Enterprise.objects.filter(district=district, registered_from__lte=today))
    ratings: dict[int, CityRating] = {}
    for rating in CityRating.objects.filter(enterprise__in=rows, rated_on__lte=today).order_by("rated_on"):
        ratings[rating.enterprise_id] = rating
    found = {}
    for pk, standing in standings(enterprises=rows, scheme=scheme, day=today).items():
        city = ratings.get(pk)
        found[pk] = content.Credit(
            on=today,
            grade=standing.grade.name if standing.grade else "",
            total=standing.total,
            scheme=scheme.title,
            document=scheme.document,
            start=scheme.start,
            sums=tuple((str(part), standing.sums[part]) for part in Part if part in standing.sums),
            city_grade=city.grade if city else "",
            city_on=city.rated_on if city else None,
        )
    return found
