"""The ledger of requests as one user filters it: the same for the page and for its export."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import Http404, QueryDict
from django.utils.translation import gettext as _

from communities.models import SILENT_AFTER_DAYS, Compound, ResidentRequest, Urgency
from communities.models.requests import ResidentRequestQuerySet
from redprop.accounts.models import User
from redprop.common.text import normalise
from redprop.desk.lists import LIGHTS, DeskList, desk_list
from redprop.desk.page import Desk

State = ResidentRequest.State
OPEN = [State.RECEIVED, State.ASSIGNED, State.REOPENED]


def choices() -> list[tuple[str, Any]]:
    """What the page offers as its first filter."""
    return [
        ("open", _("Open")),
        ("overdue", _("Overdue")),
        ("assign", _("To be assigned")),
        ("answered", _("Waits for the resident")),
        ("silent", _("Resident silent")),
        ("all", _("All")),
    ]


@dataclass(frozen=True)
class Filters:
    """What is asked for; unknown values count as not given."""

    show: str
    category: str
    urgency: str
    compound: Compound | None
    words: str

    @classmethod
    def of(cls, user: User, query: QueryDict) -> "Filters":
        """Read the filters of an address (one query, only when a compound is named)."""
        show, code = query.get("show", "open"), query.get("compound", "")
        compound = Compound.objects.for_user(user).filter(pk=code).first() if _is_number(code) else None
        return cls(
            show if show in dict(choices()) else "open",
            _one_of(ResidentRequest.Category, query.get("category")),
            _one_of(Urgency, query.get("urgency")),
            compound,
            normalise(query.get("q", ""))[:50],
        )

    def apply(self, rows: ResidentRequestQuerySet, desk: Desk) -> ResidentRequestQuerySet:
        """Return the rows asked for: what is open by due date, everything else by the day received."""
        if self.show == "overdue":
            rows = rows.filter(state__in=OPEN, due_on__lt=desk.today)
        elif self.show == "assign":
            rows = rows.filter(state=State.RECEIVED)
        elif self.show == "answered":
            rows = rows.filter(state=State.ANSWERED)
        elif self.show == "silent":
            rows = rows.silent(desk.today)
        elif self.show == "open":
            rows = rows.filter(state__in=OPEN)
        if self.category:
            rows = rows.filter(category=self.category)
        if self.urgency:
            rows = rows.filter(urgency=self.urgency)
        if self.compound:
            rows = rows.filter(compound=self.compound)
        if self.words:
            rows = rows.filter(Q(text__icontains=self.words) | Q(code=self.words.upper()))
        if self.show in ("open", "overdue", "assign"):
            return rows.order_by("due_on", "pk")
        return rows.order_by("-received_on", "-pk")

    @property
    def query(self) -> str:
        """The filters as an address carries them."""
        found = QueryDict(mutable=True)
        found["show"] = self.show
        for name, value in (("category", self.category), ("urgency", self.urgency), ("q", self.words)):
            if value:
                found[name] = value
        if self.compound:
            found["compound"] = str(self.compound.pk)
        return found.urlencode()

    @property
    def in_words(self) -> str:
        """The filters as a person reads them."""
        words = [str(dict(choices())[self.show])]
        if self.category:
            words.append(str(ResidentRequest.Category(self.category).label))
        if self.urgency:
            words.append(str(Urgency(self.urgency).label))
        if self.compound:
            words.append(str(self.compound))
        return "、".join([*words, *([self.words] if self.words else [])])


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 18


def _one_of(choices: Any, value: str | None) -> str:
    return value if value in choices else ""


@desk_list("requests")
def requests_list(desk: Desk, query: QueryDict) -> DeskList:
    """Requests in the user's reach: open ones unless asked otherwise."""
    if not (desk.sees_meetings or desk.enterprises):
        raise Http404
    filters = Filters.of(desk.user, query)
    rows = filters.apply(ResidentRequest.objects.for_user(desk.user), desk)

    def with_lights(part: list[Any]) -> None:
        for row in part:
            row.light = desk.lights.of(row.due_on) if row.is_open else None

    return DeskList(
        title=_("Ledger of residents' requests"),
        rows=rows.with_project().with_silence(desk.today).select_related("compound"),
        columns=[
            (_("code"), "code"),
            (_("compound"), "compound"),
            (_("category"), "get_category_display"),
            (_("urgency"), "get_urgency_display"),
            (_("source"), "get_source_display"),
            (_("request"), "text"),
            (_("received on"), "received_on"),
            (_("to be answered by"), "due_on"),
            (_("Warning light"), lambda row: LIGHTS[row.light] if row.light else None),
            (_("state"), state_of),
            (_("assigned to"), assigned_to),
            (_("answered on"), "answered_on"),
            (_("answer"), "answer"),
            (_("times reopened"), "times_reopened"),
            (_("closed on"), "closed_on"),
        ],
        filters=[(_("Filter"), filters.in_words)],
        prepare=with_lights,
    )


def state_of(row: Any) -> str:
    """The state in words; an answer that the resident has not spoken to for long says so."""
    if getattr(row, "is_silent", False):
        return _("answered %(days)s days ago, not confirmed") % {"days": SILENT_AFTER_DAYS}
    return str(row.get_state_display())


def assigned_to(row: Any) -> str:
    """Who answers, in words; empty while nobody was named."""
    if row.state == State.RECEIVED:
        return ""
    if row.is_for_the_enterprise and row.project_name:
        return str(row.project_name)
    return _("the community")
