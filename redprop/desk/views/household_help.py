"""Free help for households in need: for the community's secretary alone. The list leaves the portal in no file.

Signs are masked; `open_for_a_purpose` shows those of one page, once.
"""

from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from communities.models import HouseholdHelp
from communities.services import volunteers
from redprop.desk.ledgers import Act, Ledger, Link, Part, run_form, show_detail, show_form, show_ledger
from redprop.desk.lists import DeskList
from redprop.desk.page import Desk, desk_page
from redprop.desk.signs import Signs
from redprop.desk.tabs import tabs
from redprop.desk.views.volunteers import own_teams
from redprop.desk.volunteer_forms import ConsentForm, GivenForm, HelpForm


def _require_secretary(desk: Desk) -> None:
    if not desk.communities:
        raise Http404


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """The rows of the own community, signs masked until they are opened for a purpose."""
    desk = request.desk
    _require_secretary(desk)
    rows = (
        HouseholdHelp.objects.for_user(request.user)
        .annotate(times=Count("given"), last=Max("given__given_on"))
        .order_by("erase_on", "pk")
    )
    signs = Signs(request, rows, volunteers.open_signs, volunteers.masked_sign)
    found = DeskList(
        _("Help for households in need"),
        signs.rows,
        [
            (_("Sign of the household"), signs.shown),
            (_("Help"), "get_service_display"),
            (_("Times given"), "times"),
            (_("Last given on"), "last"),
            (_("Consent given on"), "consent_on"),
            (_("Erased on"), "erase_on"),
        ],
    )
    return show_ledger(
        request,
        found,
        Ledger(
            lead=_("Only you see this list: not the subdistrict, not the district, not the firm."),
            why=_("No help is noted."),
            todo=_("Note only what the help needs, and only when the household agreed."),
            link=lambda row: reverse("desk:help-row", args=[row.pk]),
            buttons=[Link(reverse("desk:help-new"), _("Note help"), primary=True)],
            tabs=tabs(desk, "desk:help"),
            note=_("There is no export. On its day each row is erased with every time of help."),
            more=signs.context(reverse("desk:help")),
        ),
        "desk/ledger_signs.html",
    )


@desk_page
def new(request: HttpRequest) -> HttpResponse:
    """Begin help."""
    desk = request.desk
    _require_secretary(desk)
    form = HelpForm(request.POST or None, initial={"consent_on": desk.today})
    answer = run_form(
        request,
        form,
        lambda: volunteers.begin_help(
            community=desk.communities[0],
            sign=form.cleaned_data["sign"],
            service=form.cleaned_data["service"],
            consent_on=form.cleaned_data["consent_on"],
            acting_user=request.user,
        ),
        _("Noted. It is erased a year after the consent."),
        lambda row: reverse("desk:help-row", args=[row.pk]),
    )
    return answer or show_form(
        request,
        form,
        title=_("Note help"),
        lead=_("Only what the help needs. Nobody outside your community sees it."),
        button=_("Note help"),
        crumbs=[Link(reverse("desk:help"), _("Help for households in need"))],
        kept_as="",
    )


@desk_page
def row(request: HttpRequest, pk: int) -> HttpResponse:
    """One household's help: times, consent, end."""
    desk = request.desk
    _require_secretary(desk)
    found = get_object_or_404(HouseholdHelp.objects.for_user(request.user), pk=pk)
    user = request.user
    teams = {str(one.pk): one for one in own_teams(desk).active()}
    acts = [
        Act(
            "given",
            _("Note a time of help"),
            lambda data: volunteers.give_help(
                help_row=found, given_on=data["given_on"], team=teams.get(data["team"]), acting_user=user
            ),
            _("Noted."),
            form=lambda *args, **kwargs: GivenForm(
                *args, teams=[(key, one.name) for key, one in teams.items()], **kwargs
            ),
            initial={"given_on": desk.today},
            primary=True,
        ),
        Act(
            "renew",
            _("Consent renewed"),
            lambda data: volunteers.renew_consent(
                help_row=found, consent_on=data["consent_on"], acting_user=user
            ),
            _("The row is kept for another year."),
            form=ConsentForm,
            initial={"consent_on": desk.today},
        ),
        Act(
            "end",
            _("End the help and erase the row"),
            lambda data: volunteers.end_help(help_row=found, acting_user=user),
            _("Erased."),
            hint=_("Also when the household takes its consent back. Nothing of it is left."),
            back=reverse("desk:help"),
        ),
    ]
    return show_detail(
        request,
        title=volunteers.masked_sign(found),
        buttons=[Link(f"{reverse('desk:help')}?row={found.pk}", _("Open the sign"))],
        facts=[
            (_("Help"), found.get_service_display()),
            (_("Consent given on"), found.consent_on),
            (_("Erased on"), found.erase_on),
        ],
        acts=acts,
        parts=[
            Part(
                _("Times of help"),
                [_("Day of help"), _("Volunteer team")],
                [(one.given_on, one.team) for one in found.given.select_related("team")],
                _("None yet."),
            )
        ],
        crumbs=[Link(reverse("desk:help"), _("Help for households in need"))],
    )
