"""Releases as the public pages see them. The only module here that knows the models of `evaluations`."""

import datetime as dt
from collections.abc import Iterator

from redprop.areas.models import District
from redprop.public import content


def releases_of(district: District, today: dt.date) -> Iterator[content.Release]:
    """Yield the published releases of a district, newest first."""
    yield from ()


def district_of(release_id: int) -> District:
    """Return the district of a release."""
    raise NotImplementedError


def mark_in_files(district: District, release_ids: list[int]) -> None:
    """Record that these releases are in files now."""


def districts_without_files() -> list[District]:
    """Return the districts that have a published release which is not in files."""
    return []
