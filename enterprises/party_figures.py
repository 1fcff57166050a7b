"""The figures of the three pages (两个覆盖、两个规范、三个一批): each is a set of rows as of a day, opened from its number.

What hangs on stages of membership is `secret`: for the organisation department alone, and not there where
PARTY_DEVELOPMENT is off.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from enterprises.coverage import (
    Reach,
    by_form,
    covered,
    enterprises_on,
    graduates_on,
    organisations_on,
    projects_on,
    secretary_on,
    uncovered,
    with_cover,
)
from enterprises.models import (
    AdviserVisit,
    CrossAppointment,
    Enterprise,
    Graduate,
    GuideCheck,
    PartyCount,
    PartyOrganisation,
    PartyPost,
    PartyTerm,
    Post,
)
from enterprises.party_checks import add_months
from enterprises.services.party_rules import numbers_on, team_on

Rows = Callable[[Reach], QuerySet]
SECRET = "enterprises.view_partystage"


@dataclass(frozen=True)
class PartyFigure:
    """A number of a page. `of`: the figure that is its whole. `needs`: the permission to see its rows."""

    code: str
    page: str
    group: str
    title: Any
    rows: Rows
    of: str = ""
    needs: str = ""
    is_gap: bool = False

    @property
    def secret(self) -> bool:
        """Whether it is read from stages of membership."""
        return self.needs == SECRET


FIGURES: dict[str, PartyFigure] = {}
GROUPS: dict[str, Any] = {
    "enterprises": _("By enterprise"),
    "projects": _("By service project"),
    "teams": _("Leadership teams"),
    "elections": _("Elections"),
    "cross": _("Cross-appointments"),
    "guide": _("Guide-book work of the year"),
    "recruited": _("Recruited"),
    "developed": _("Developed"),
    "promoted": _("Promoted"),
    "mentors": _("Two mentors"),
    "growth": _("Three growth channels"),
    "pay": _("Pay of the last confirmed month"),
    "leavers": _("Leavers"),
    "offers": _("Offers of campus campaigns"),
}
PAGES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "coverage": (_("Two coverages"), ("enterprises", "projects")),
    "standards": (_("Two standards"), ("teams", "elections", "cross", "guide")),
    "batches": (_("Three batches"), ("recruited", "developed", "promoted")),
    "talent": (_("Growth of graduates"), ("mentors", "growth", "pay", "leavers", "offers")),
}


def add(
    code: str, group: str, title: Any, rows: Rows, *, of: str = "", needs: str = "", is_gap: bool = False
) -> None:
    """Register a figure."""
    page = next(name for name, (_title, groups) in PAGES.items() if group in groups)
    FIGURES[code] = PartyFigure(code, page, group, title, rows, of, needs, is_gap)


def figures_of(page: str, user: Any) -> list[PartyFigure]:
    """The figures of a page that the user may see."""
    return [one for one in FIGURES.values() if one.page == page and may_see(one, user)]


def may_see(one: PartyFigure, user: Any) -> bool:
    """Whether the user may see the figure and its rows."""
    if one.secret and not settings.PARTY_DEVELOPMENT:
        return False
    return user is None or not one.needs or user.has_perm(one.needs)


# Two coverages

FORMS = (
    ("single", _("single establishment")),
    ("joint", _("joint establishment")),
    ("adviser", _("party-building adviser")),
)
for _name, _base in (("enterprises", enterprises_on), ("projects", projects_on)):
    add(_name, _name, _("all"), lambda reach, base=_base: with_cover(base(reach), reach.day))
    for _form, _title in FORMS:
        add(
            f"{_name}_{_form}",
            _name,
            _title,
            lambda reach, base=_base, form=_form: by_form(with_cover(base(reach), reach.day), form),
            of=_name,
        )
    add(
        f"{_name}_with_party",
        _name,
        _("covered in all"),
        lambda reach, base=_base: covered(with_cover(base(reach), reach.day)),
        of=_name,
    )
    add(
        f"{_name}_without_party",
        _name,
        _("not covered"),
        lambda reach, base=_base: uncovered(with_cover(base(reach), reach.day)),
        of=_name,
        is_gap=True,
    )


# Two standards: leadership


def _lacking(reach: Reach) -> Q:
    """Condition on organisations with `full`: a post of the standard stands empty."""
    wanted = Q(pk__in=[])
    for kind, least, post in team_on(reach.district, reach.day):
        held = PartyPost.objects.on(reach.day).filter(organisation=OuterRef("pk"), kind=post)
        wanted |= Q(kind=kind, full__gte=least) & ~Q(Exists(held))
    return wanted


def counted(reach: Reach) -> QuerySet[PartyOrganisation]:
    """Organisations with the full members of the day as `full` (0 where never counted)."""
    count = PartyCount.objects.on(reach.day).filter(organisation=OuterRef("pk"))
    return organisations_on(reach).annotate(full=Coalesce(Subquery(count.values("full_members")[:1]), 0))


def _own(reach: Reach) -> QuerySet[PartyOrganisation]:
    return counted(reach).exclude(form="adviser")


def _with_due(reach: Reach) -> QuerySet[PartyOrganisation]:
    term = PartyTerm.objects.on(reach.day).filter(organisation=OuterRef("pk"))
    due = term.annotate(due=Coalesce(F("extended_to"), F("ends_on"))).values("due")
    return _own(reach).annotate(due_on=Subquery(due[:1]))


def _soon(reach: Reach) -> Any:
    return add_months(reach.day, numbers_on(reach.district, reach.day).remind_months)


add("organisations", "teams", _("party organisations and advisers' groups"), counted)
add(
    "teams_complete",
    "teams",
    _("team complete"),
    lambda r: counted(r).exclude(_lacking(r)),
    of="organisations",
)
add(
    "teams_incomplete",
    "teams",
    _("a post stands empty"),
    lambda r: counted(r).filter(_lacking(r)),
    of="organisations",
    is_gap=True,
)
add("own_organisations", "teams", _("party organisations"), _own)
add(
    "secretaries_in_post",
    "teams",
    _("secretary in post"),
    lambda r: _own(r).filter(Exists(secretary_on(r.day))),
    of="own_organisations",
)
add(
    "secretaries_qualified",
    "teams",
    _("secretary's qualification confirmed"),
    lambda r: _own(r).filter(Exists(secretary_on(r.day).filter(qualified_on__lte=r.day))),
    of="own_organisations",
)
add(
    "secretaries_unqualified",
    "teams",
    _("qualification to be confirmed"),
    lambda r: _own(r).filter(Exists(secretary_on(r.day).exclude(qualified_on__lte=r.day))),
    of="own_organisations",
    is_gap=True,
)
add("terms_running", "elections", _("term running"), lambda r: _with_due(r).filter(due_on__gt=_soon(r)))
add(
    "terms_soon",
    "elections",
    _("election due soon"),
    lambda r: _with_due(r).filter(due_on__gte=r.day, due_on__lte=_soon(r)),
    is_gap=True,
)
add(
    "terms_late",
    "elections",
    _("election overdue"),
    lambda r: _with_due(r).filter(due_on__lt=r.day),
    is_gap=True,
)
add(
    "terms_missing",
    "elections",
    _("no term entered"),
    lambda r: _with_due(r).filter(due_on=None),
    is_gap=True,
)


def _appointed(reach: Reach, direction: str) -> Exists:
    rows = CrossAppointment.objects.on(reach.day).filter(
        Q(project=OuterRef("pk")) | Q(project=None),
        enterprise=OuterRef("enterprise"),
        direction=direction,
    )
    return Exists(rows)


def _crossed(reach: Reach) -> QuerySet:
    return projects_on(reach).annotate(
        into=_appointed(reach, "to_community"), out_of=_appointed(reach, "to_enterprise")
    )


add("cross_projects", "cross", _("service projects"), _crossed)
for _code, _title, _values in (
    ("cross_both", _("both directions"), {"into": True, "out_of": True}),
    ("cross_into", _("only from the enterprise into the community"), {"into": True, "out_of": False}),
    ("cross_out_of", _("only from the community into the enterprise"), {"into": False, "out_of": True}),
    ("cross_none", _("neither"), {"into": False, "out_of": False}),
):
    add(
        _code,
        "cross",
        _title,
        lambda r, values=_values: _crossed(r).filter(**values),
        of="cross_projects",
        is_gap=_code != "cross_both",
    )


def _in_big_committee(reach: Reach) -> QuerySet:
    seat = CrossAppointment.objects.on(reach.day).filter(
        person=OuterRef("person"), direction="to_community", body="big_party_committee"
    )
    return _own(reach).filter(Exists(secretary_on(reach.day).filter(Exists(seat))))


add(
    "secretaries_in_big_committee",
    "teams",
    _("secretary sits in a community's big party committee"),
    _in_big_committee,
    of="own_organisations",
)


def _unvisited(reach: Reach) -> QuerySet:
    """Enterprises of advisers with too few visits in the month before."""
    last = reach.day.replace(day=1) - dt.timedelta(days=1)
    least = numbers_on(reach.district, last).adviser_visits_month
    there = by_form(with_cover(enterprises_on(Reach(reach.district, last, reach.user)), last), "adviser")
    visits = AdviserVisit.objects.filter(
        enterprise=OuterRef("pk"), visited_on__gte=last.replace(day=1), visited_on__lte=last
    )
    counted_visits = visits.order_by().values("enterprise").annotate(n=Count("pk")).values("n")
    return there.annotate(calls=Coalesce(Subquery(counted_visits), 0)).filter(calls__lt=least)


add(
    "advisers_late",
    "teams",
    _("enterprises that their adviser visited too seldom last month"),
    _unvisited,
    is_gap=True,
)


# Two standards: guide book. `enterprises.guide_work` counts what is owed.


def _done_checks(state: str) -> Rows:
    def rows(reach: Reach) -> QuerySet:
        return reach.of(GuideCheck).filter(
            organisation__in=organisations_on(reach).values("pk"),
            done_on__gte=reach.day.replace(month=1, day=1),
            done_on__lte=reach.day,
            state=state,
        )

    return rows


add("guide_confirmed", "guide", _("work done and confirmed"), _done_checks("confirmed"))
add("guide_waiting", "guide", _("waiting for confirmation"), _done_checks("reported"), is_gap=True)
add("guide_returned", "guide", _("returned"), _done_checks("returned"), is_gap=True)


# Three batches

TALENT = "enterprises.view_graduate"
DEGREES: Sequence[tuple[str, Any]] = Graduate.Degree.choices


def _managing(reach: Reach) -> QuerySet:
    posts = Post.objects.on(reach.day).filter(
        person=OuterRef("person"), enterprise__district=reach.district, kind=Post.Kind.MANAGEMENT
    )
    return reach.of(Graduate).filter(Exists(posts))


def _promoted(reach: Reach) -> QuerySet:
    """In management on the day, after another post before the first one in management."""
    first = (
        Post.objects.filter(person=OuterRef("person"), kind=Post.Kind.MANAGEMENT, valid_from__lte=reach.day)
        .order_by("valid_from")
        .values("valid_from")[:1]
    )
    before = Post.objects.filter(person=OuterRef("person"), valid_from__lt=OuterRef("risen_on")).exclude(
        kind=Post.Kind.MANAGEMENT
    )
    return _managing(reach).annotate(risen_on=Subquery(first), was_before=Exists(before))


def _welfare_masters(reach: Reach) -> QuerySet:
    posts = Post.objects.on(reach.day).filter(
        person=OuterRef("person"),
        enterprise__district=reach.district,
        enterprise__kind=Enterprise.Kind.PUBLIC_WELFARE,
    )
    return reach.of(Graduate).filter(Exists(posts), degree=Graduate.Degree.MASTER, is_programme_recruit=True)


add("graduates", "recruited", _("graduates in post"), graduates_on, needs=TALENT)
add(
    "recruits",
    "recruited",
    _("recruited under the programme"),
    lambda r: graduates_on(r).filter(is_programme_recruit=True),
    of="graduates",
    needs=TALENT,
)
add(
    "graduates_others",
    "recruited",
    _("hired otherwise"),
    lambda r: graduates_on(r).filter(is_programme_recruit=False),
    of="graduates",
    needs=TALENT,
)
for _degree, _title in DEGREES:
    add(
        f"graduates_{_degree}",
        "recruited",
        _title,
        lambda r, degree=_degree: graduates_on(r).filter(degree=degree),
        of="graduates",
        needs=TALENT,
    )
add(
    "welfare_masters",
    "recruited",
    _("recruits with a master's degree at public-welfare enterprises"),
    _welfare_masters,
    of="graduates_master",
    needs=TALENT,
)
add("managers", "promoted", _("graduates in management"), _managing, of="graduates", needs=TALENT)
add(
    "risen",
    "promoted",
    _("risen from another post"),
    lambda r: _promoted(r).filter(was_before=True),
    of="managers",
    needs=TALENT,
)
add(
    "managers_at_once",
    "promoted",
    _("hired into management"),
    lambda r: _promoted(r).filter(was_before=False),
    of="managers",
    needs=TALENT,
)
