"""Proxy handling at the desk: for the community's secretary alone. It leaves the portal in no file and no count."""

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.models import ProxyHandling
from communities.services import proxies
from communities.services.request_codes import shown_code
from redprop.common.documents.poster import qr_svg
from redprop.desk.forms import DayInput
from redprop.desk.ledgers import Act, Ledger, Link, Part, run_form, show_detail, show_form, show_ledger
from redprop.desk.lists import DeskList
from redprop.desk.page import Desk, desk_page, show
from redprop.desk.signs import Signs
from redprop.desk.tabs import tabs

SLIP = "proxy_slips"
State = ProxyHandling.State


class ProxyForm(forms.Form):
    """Something to be done in a resident's place."""

    kind = forms.ChoiceField(label=gettext_lazy("What is done"), choices=ProxyHandling.Kind)
    sign = forms.CharField(
        label=gettext_lazy("Sign of the resident"),
        max_length=proxies.SIGN_LENGTH,
        help_text=gettext_lazy("A short sign that only you understand. No name, number or door."),
    )
    consent_on = forms.DateField(label=gettext_lazy("Consent given on"), widget=DayInput)
    consent_how = forms.ChoiceField(
        label=gettext_lazy("How the consent was given"),
        choices=[(how.value, how.label) for how in proxies.SECRETARY_WRITES],
    )
    matter = forms.CharField(
        label=gettext_lazy("What it is about"),
        max_length=proxies.MATTER_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "Only what the office has to know. No names, numbers or circumstances of life."
        ),
    )
    agreed = forms.BooleanField(
        label=gettext_lazy("The resident asked for it, and knows that it can be taken back at any time")
    )


class StepForm(forms.Form):
    """What was done."""

    text = forms.CharField(
        label=gettext_lazy("What was done"),
        max_length=proxies.STEP_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def _require_secretary(desk: Desk) -> None:
    if not desk.communities:
        raise Http404


def _crumbs() -> list[Link]:
    return [Link(reverse("desk:proxies"), _("Proxy handling"))]


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """The rows of the own community."""
    desk = request.desk
    _require_secretary(desk)
    rows = ProxyHandling.objects.for_user(request.user).order_by("ended_on", "erase_on", "pk")
    signs = Signs(request, rows, proxies.open_signs, proxies.masked_sign)
    found = DeskList(
        _("Proxy handling"),
        signs.rows,
        [
            (_("Sign of the resident"), signs.shown),
            (_("What is done"), "get_kind_display"),
            (_("State"), "get_state_display"),
            (_("Consent given on"), "consent_on"),
            (_("Erased on"), "erase_on"),
        ],
    )
    return show_ledger(
        request,
        found,
        Ledger(
            lead=_("Done in a resident's place, because the resident asked. Only you see this list."),
            why=_("Nothing is done in anybody's place."),
            todo=_("Begin only with the resident's consent. The resident's own request goes on beside it."),
            link=lambda row: reverse("desk:proxy", args=[row.pk]),
            buttons=[Link(reverse("desk:proxy-new"), _("Begin proxy handling"), primary=True)],
            tabs=tabs(desk, "desk:proxies"),
            note=_("It is never counted, ranked or exported. Each row is erased on its day."),
            more=signs.context(reverse("desk:proxies")),
        ),
        "desk/ledger_signs.html",
    )


@desk_page
def new(request: HttpRequest) -> HttpResponse:
    """Begin, with the consent."""
    desk = request.desk
    _require_secretary(desk)
    form = ProxyForm(request.POST or None, initial={"consent_on": desk.today})

    def save() -> ProxyHandling:
        data = {name: value for name, value in form.cleaned_data.items() if name != "agreed"}
        row = proxies.begin_proxy(community=desk.communities[0], acting_user=request.user, **data)
        _keep_slip(request, row.pk, row.follow_code)
        return row

    answer = run_form(
        request,
        form,
        save,
        _("Begun. Give the resident the code."),
        lambda row: reverse("desk:proxy-slip", args=[row.pk]),
    )
    return answer or show_form(
        request,
        form,
        title=_("Begin proxy handling"),
        lead=_(
            "It replaces nothing: the resident can go every way oneself at any time, and closes it oneself."
        ),
        button=_("Begin proxy handling"),
        crumbs=_crumbs(),
        kept_as="",
    )


def _keep_slip(request: HttpRequest, pk: int, code: str) -> None:
    request.session[SLIP] = {str(pk): code}


def _own(request: HttpRequest, pk: int) -> ProxyHandling:
    _require_secretary(request.desk)
    return get_object_or_404(ProxyHandling.objects.for_user(request.user), pk=pk)


@desk_page
def slip(request: HttpRequest, pk: int) -> HttpResponse:
    """The resident's code, shown once."""
    row = _own(request, pk)
    kept = request.session.get(SLIP, {})
    code = kept.pop(str(pk), None)
    if code is None:
        return redirect("desk:proxy", pk=pk)
    request.session[SLIP] = kept
    url = f"{settings.SITE_ADDRESS.rstrip('/')}{reverse('public:follow', args=[code])}"
    context = {"row": row, "code": shown_code(code), "url": url, "qr": qr_svg(url)}
    return show(request, "desk/proxy_slip.html", context)


@desk_page
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One row: steps, and what the secretary may do. Closing is the resident's."""
    row, user = _own(request, pk), request.user
    acts = []
    if row.state == State.RUNNING:
        acts = [
            Act(
                "step",
                _("Write down a step"),
                lambda data: proxies.take_step(proxy=row, acting_user=user, **data),
                _("Noted. The resident reads it with the code."),
                form=StepForm,
                primary=True,
            ),
            Act(
                "done",
                _("It is done"),
                lambda data: proxies.report_done(proxy=row, acting_user=user, **data),
                _("The resident says whether it is closed."),
                form=StepForm,
                hint=_("You cannot close it: the resident does, with the code."),
            ),
        ]
    if row.state in (State.RUNNING, State.DONE):
        acts += [
            Act(
                "withdraw",
                _("The resident takes the consent back"),
                lambda data: proxies.withdraw_for(proxy=row, acting_user=user),
                _("Ended. What was written is erased."),
                hint=_("At any time and without a reason. What was written is erased at once."),
            ),
            Act(
                "new-code",
                _("The resident has lost the code"),
                lambda data: _keep_slip(request, row.pk, proxies.give_new_code(proxy=row, acting_user=user)),
                _("The old code has ended."),
                hint=_("The old code ends. Tell the new one to the resident alone."),
                back=reverse("desk:proxy-slip", args=[row.pk]),
            ),
        ]
    return show_detail(
        request,
        title=proxies.masked_sign(row),
        buttons=[Link(f"{reverse('desk:proxies')}?row={row.pk}", _("Open the sign"))]
        if row.sign_cipher
        else [],
        state=row.get_state_display(),
        facts=[
            (_("What is done"), row.get_kind_display()),
            (_("What it is about"), proxies.opened(row.matter_cipher)),
            (_("Consent given on"), f"{row.consent_on} · {row.get_consent_how_display()}"),
            (_("Closed or taken back on"), row.ended_on),
            (_("Erased on"), row.erase_on),
        ],
        acts=acts,
        parts=[
            Part(
                _("Steps taken"),
                [_("At"), _("What was done")],
                [(timezone.localtime(one.at), proxies.opened(one.text_cipher)) for one in row.steps.all()],
                _("None yet."),
            )
        ],
        crumbs=_crumbs(),
        note=_("It is never counted, ranked or exported. Each row is erased on its day."),
    )
