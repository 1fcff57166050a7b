"""Guide-book work at the desk: the contact reports what was done, the area confirms it."""

import datetime as dt

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from enterprises.guide_work import Work, work_of
from enterprises.models import GuideCheck, GuideItem, PartyCoverage, PartyOrganisation
from enterprises.services import guide
from enterprises.services.party_rules import breaches_of
from redprop.common.errors import Refused
from redprop.common.periods import Period
from redprop.desk.files import file_of
from redprop.desk.guide_forms import BackForm, GuideForm
from redprop.desk.ledgers import (
    Act,
    Ledger,
    Link,
    Part,
    in_words,
    run_form,
    show_detail,
    show_form,
    show_ledger,
    value_choice,
)
from redprop.desk.lists import DeskList, desk_list
from redprop.desk.page import Desk, desk_page

MONTHS_BACK = 6
State = GuideCheck.State


def own_organisations(desk: Desk) -> list[PartyOrganisation]:
    """Organisations that cover an enterprise of the contact today."""
    covering = PartyCoverage.objects.on(desk.today).filter(enterprise__in=desk.enterprises)
    return list(
        PartyOrganisation.objects.filter(pk__in=covering.values("organisation"))
        .select_related("district")
        .order_by("code")
    )


def _may_decide(desk: Desk) -> bool:
    return bool(desk.user.roles & guide.DECIDERS)


def _require(desk: Desk) -> None:
    if not (desk.enterprises or _may_decide(desk)):
        raise Http404


def state_of(work: Work, today: dt.date) -> str:
    """The state of a piece of work in a word."""
    if work.check is not None and work.check.state != State.RETURNED:
        return str(work.check.get_state_display())
    if work.period.end < today:
        return _("Overdue")
    return _("returned") if work.check is not None else _("to do")


def _open_first(one: Work) -> tuple[bool, int]:
    """Open work by its day, the longest overdue first; then what is done, the newest first."""
    settled = one.is_done or one.is_reported
    return settled, -one.period.end.toordinal() if settled else one.period.end.toordinal()


@desk_list("guide")
def guide_list(desk: Desk, query: QueryDict) -> DeskList:
    """Work of the own organisations, the open ones first; for the area what was reported."""
    _require(desk)
    if desk.enterprises:
        first = (desk.today.replace(day=1) - dt.timedelta(days=30 * MONTHS_BACK)).replace(day=1)
        found = work_of(own_organisations(desk), first, desk.today, running=True)
        found.sort(key=_open_first)
        return DeskList(
            _("Guide-book work"),
            found,
            [
                (_("work item"), lambda one: one.item.title),
                (_("period of the work"), lambda one: str(one.period)),
                (_("To be done by"), lambda one: one.period.end),
                (_("State"), lambda one: state_of(one, desk.today)),
                (_("completed on"), lambda one: one.check.done_on if one.check else None),
                (_("Party organisation"), lambda one: one.organisation.name),
            ],
        )
    choice = value_choice(query, "state", _("State"), State.choices, default=State.REPORTED)
    rows: QuerySet = GuideCheck.objects.for_user(desk.user)
    if choice.chosen:
        rows = rows.filter(state=choice.chosen)
    return DeskList(
        _("Guide-book work"),
        rows.select_related("organisation", "item").order_by("done_on", "pk"),
        [
            (_("work item"), "item.title"),
            (_("Party organisation"), "organisation.name"),
            (_("period of the work"), "period"),
            (_("completed on"), "done_on"),
            (_("State"), lambda row: row.get_state_display()),
            (_("What was done"), "note"),
        ],
        filters=in_words([choice]),
    )


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """The checklist of the contact, or the worklist of the area."""
    desk = request.desk
    found = guide_list(desk, request.GET)
    if desk.enterprises:
        overdue = sum(
            not (one.is_done or one.is_reported) and one.period.end < desk.today for one in found.rows
        )
        ledger = Ledger(
            lead=_(
                "What the guide book asks of your party organisation, and by when. Report each piece once it is done."
            ),
            why=_("No party organisation covers your enterprise, or its guide book asks for nothing yet."),
            todo=_("The organisation department keeps the guide book; ask it if something is missing."),
            list_name="guide",
            link=lambda one: reverse(
                "desk:guide-work", args=[one.organisation.pk, one.item.pk, str(one.period)]
            ),
            figures=[(_("overdue"), overdue)],
            buttons=[Link(reverse("desk:party"), _("Our party organisation"))],
        )
    else:
        choice = value_choice(request.GET, "state", _("State"), State.choices, default=State.REPORTED)
        ledger = Ledger(
            lead=_(
                "Look at what party organisations of enterprises have reported, and confirm it or send it back."
            ),
            why=_("Nothing waits for confirmation."),
            todo=_("Contacts of enterprises report the work; what they report appears here."),
            list_name="guide",
            link=lambda row: reverse("desk:guide-check", args=[row.pk]),
            choices=[choice],
        )
    return show_ledger(request, found, ledger)


@desk_page
def work(request: HttpRequest, organisation: int, item: int, period: str) -> HttpResponse:
    """Report one piece of work, or see what became of it."""
    desk = request.desk
    own = next((one for one in own_organisations(desk) if one.pk == organisation), None)
    row = GuideItem.objects.filter(pk=item, district=own.district_id).first() if own else None
    if own is None or row is None:
        raise Http404
    try:
        span = Period.parse(period)
    except Refused:
        raise Http404 from None
    done = GuideCheck.objects.filter(organisation=own, item=row, period=str(span)).first()
    crumbs = [Link(reverse("desk:guide"), _("Guide-book work"))]
    if done is not None and done.state != State.RETURNED:
        return _detail(request, done, crumbs)
    form = GuideForm(request.POST or None, request.FILES or None, period=span, today=desk.today)
    answer = run_form(
        request,
        form,
        lambda: guide.report_work(
            organisation=own, item=row, period=span, acting_user=request.user, **form.cleaned_data
        ),
        _("Reported. The subdistrict or the community confirms it."),
        lambda check: f"{reverse('desk:guide')}?filed=1",
    )
    lead = row.explanation
    if done is not None:
        lead = _("Returned: %(reason)s") % {"reason": done.reason}
    return answer or show_form(
        request,
        form,
        title=f"{row.title} · {span}",
        lead=lead,
        button=_("Report"),
        crumbs=crumbs,
        kept_as=f"guide-{own.pk}-{row.pk}-{span}",
        template="desk/guide_form.html",
    )


def _reachable(request: HttpRequest, pk: int) -> GuideCheck:
    rows = GuideCheck.objects.for_user(request.user).select_related(
        "organisation__district", "item", "evidence"
    )
    return get_object_or_404(rows, pk=pk)


@desk_page
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """What was reported; the area confirms or returns it."""
    return _detail(request, _reachable(request, pk), [Link(reverse("desk:guide"), _("Guide-book work"))])


def _detail(request: HttpRequest, row: GuideCheck, crumbs: list[Link]) -> HttpResponse:
    user, acts = request.user, []
    if row.state == State.REPORTED and guide.may_decide(user, row.organisation):
        acts = [
            Act(
                "confirm",
                _("Confirm"),
                lambda data: guide.decide_work(check=row, confirm=True, acting_user=user),
                _("Confirmed."),
                primary=True,
                back=reverse("desk:guide"),
            ),
            Act(
                "return",
                _("Send back"),
                lambda data: guide.decide_work(check=row, confirm=False, acting_user=user, **data),
                _("Sent back with the reason."),
                form=BackForm,
                back=reverse("desk:guide"),
            ),
        ]
    buttons = []
    if row.evidence_id:
        buttons.append(Link(reverse("desk:guide-evidence", args=[row.pk]), _("Photo or scan")))
    return show_detail(
        request,
        title=f"{row.item.title} · {row.period}",
        state=str(row.get_state_display()),
        facts=[
            (_("Party organisation"), row.organisation),
            (_("completed on"), row.done_on),
            (_("What was done"), row.note),
            (_("What counts as done"), row.item.explanation),
            (_("Decided on"), row.decided_on),
            (_("Reason"), row.reason),
        ],
        acts=acts,
        crumbs=crumbs,
        buttons=buttons,
    )


@desk_page
def evidence(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The photo or scan."""
    row = _reachable(request, pk)
    if row.evidence is None:
        raise Http404
    return file_of(row.evidence)


@desk_page
def party(request: HttpRequest) -> HttpResponse:
    """The contact's own party organisation: form, team, term, and what is missing."""
    desk = request.desk
    if not desk.enterprises:
        raise Http404
    own = next(iter(own_organisations(desk)), None)
    crumbs = [Link(reverse("desk:guide"), _("Guide-book work"))]
    if own is None:
        return show_detail(
            request,
            title=_("Our party organisation"),
            facts=[(_("State"), _("No party organisation covers your enterprise. Ask the subdistrict."))],
            crumbs=crumbs,
        )
    count, term = own.counts.on(desk.today).first(), own.terms.on(desk.today).first()
    posts = own.posts.on(desk.today).select_related("person").order_by("pk")
    missing = [one.sentence for one in breaches_of(own, desk.today)]
    return show_detail(
        request,
        title=own.name,
        facts=[
            (_("form of establishment"), own.get_form_display()),
            (_("Type"), own.get_kind_display()),
            (_("Founded on"), own.founded_on),
            (_("Full members"), count.full_members if count else None),
            (_("Next election by"), term.due_on if term else None),
        ],
        parts=[
            Part(
                _("Leadership team"),
                [_("Post"), _("Person"), _("Since")],
                [(post.get_kind_display(), post.person.name, post.valid_from) for post in posts],
                why=_("Nobody is entered yet."),
            ),
            Part(
                _("What is missing, and what to do"),
                [_("What is missing")],
                [(sentence,) for sentence in missing],
                why=_("Nothing is missing today."),
            ),
        ],
        crumbs=crumbs,
    )
