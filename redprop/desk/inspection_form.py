"""What an inspector sends: the fields of the marking page, by item, as the service takes them."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from evaluations.models import InspectionItem, InspectionItemSet, Scheme
from evaluations.services.inspections import Given, Key, Marking
from redprop.common.errors import Refused


@dataclass
class Line:
    """One item on the page, with what was typed for it."""

    item: InspectionItem
    scheme: str
    mark: str = ""
    finding: str = ""
    wrong: bool = False

    @property
    def name(self) -> str:
        """What its fields are called: `mark-…`, `finding-…`, `photo-…`."""
        return str(self.item.pk)

    @property
    def most(self) -> str:
        """Full marks as the field takes them."""
        return f"{self.item.full_mark.normalize():f}"


@dataclass
class Part:
    """The items of one scheme."""

    label: str
    document: str
    lines: list[Line] = field(default_factory=list)


def parts_of(sets: Mapping[str, InspectionItemSet], data: QueryDict | None = None) -> list[Part]:
    """Return the page's items by scheme, with what was typed."""
    found = []
    for scheme, held in sets.items():
        lines = []
        for item in held.items.all():
            line = Line(item, scheme)
            if data is not None:
                line.mark = data.get(f"mark-{line.name}", "")
                line.finding = data.get(f"finding-{line.name}", "")
            lines.append(line)
        found.append(Part(str(Scheme(scheme).label), held.document, lines))
    return found


def read_marking(request: HttpRequest, parts: list[Part]) -> Marking:
    """Return what was sent; raises Refused for what is no day or no number."""
    lines = [line for part in parts for line in part.lines]
    names = {line.name for line in lines}
    sent = {name.partition("-")[2] for name in request.POST if name.startswith("mark-")}
    if sent - names:
        raise Refused(
            _("The items have changed. Open the page again: your marks come back where they fit."),
            code="items-changed",
        )
    marks: dict[Key, Given] = {}
    photos: list[tuple[Key, UploadedFile]] = []
    for line in lines:
        key = (line.scheme, line.item.code)
        text = line.mark.strip().replace("．", ".")
        if text:
            try:
                mark = Decimal(text)
            except InvalidOperation:
                mark = Decimal("NaN")
            if not mark.is_finite():
                raise Refused(
                    _("%(item)s: “%(text)s” is no number.") % {"item": line.item.title, "text": text[:20]},
                    code="mark",
                    items=[key],
                )
            marks[key] = Given(mark, line.finding)
        photos += [(key, upload) for upload in request.FILES.getlist(f"photo-{line.name}")]
    return Marking(day_of(request.POST), marks, photos, request.POST.get("remark", ""))


def day_of(data: QueryDict) -> dt.date:
    """Return the day of the visit; raises Refused for what is no day."""
    try:
        return dt.date.fromisoformat(data.get("inspected_on", ""))
    except ValueError:
        raise Refused(
            _("Inspected on: give the day of the visit."), code="day", field="inspected_on"
        ) from None


def key_of(data: QueryDict) -> uuid.UUID:
    """Return the device's key of this submission; a new one when there is none."""
    try:
        return uuid.UUID(data.get("client_key", ""))
    except ValueError:
        return uuid.uuid4()


def point_out(parts: list[Part], refused: Refused) -> list[str]:
    """Mark the lines that the refusal names; returns the names of their fields."""
    wrong: list[Any] = list(refused.fields.get("items") or [])
    found = []
    for part in parts:
        for line in part.lines:
            if (line.scheme, line.item.code) in wrong:
                line.wrong = True
                found.append(f"mark-{line.name}")
    return found
