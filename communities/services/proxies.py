"""Proxy handling (三代): begun by the secretary, or asked for on the public page, with the resident's consent; ended by the resident alone.

The resident's code shows what is being done, takes the consent back at any time and closes it. Nothing
here is counted, and nothing of a resident's own request is read, changed or held up.
"""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from communities.models import Compound, ProxyHandling, ProxyStep
from communities.services.access import require_keeper, require_secretary
from communities.services.commitments import needed
from communities.services.request_codes import hash_of, new_code, plain_code
from communities.services.request_notices import tell_of_proxy
from communities.services.requests import community_on
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.accounts.services.openings import log_opening
from redprop.areas.models import Community, District
from redprop.common.errors import Refused
from redprop.common.identifiers import mask_personal_numbers, mask_sign, refuse_personal_numbers
from redprop.common.secrets import seal, unseal
from redprop.common.states import require_move

State, How = ProxyHandling.State, ProxyHandling.How

MOVES = {
    State.RUNNING: {State.DONE, State.WITHDRAWN},
    State.DONE: {State.RUNNING, State.CLOSED, State.WITHDRAWN},
    State.CLOSED: set(),
    State.WITHDRAWN: set(),
}
"""Which state may follow which. Only the resident's code leads to closed, and back from done."""

ABOUT = "proxy-handling"
SECRETARY_WRITES = (How.SIGNED, How.SPOKEN, How.CALL)
"""How a consent reaches the secretary. Who asks on the public page has agreed there."""

SIGN_LENGTH, MATTER_LENGTH, STEP_LENGTH, MOST_STEPS = 30, 300, 300, 50
KEPT_DAYS = 180
"""Days for which one consent holds (sample value)."""
ERASED_AFTER_DAYS = 30
"""Days after the end until the row is erased (sample value)."""


def begin_proxy(
    *,
    community: Community,
    kind: str,
    sign: str,
    matter: str,
    consent_on: dt.date,
    consent_how: str,
    acting_user: User | None,
) -> ProxyHandling:
    """Begin with the resident's consent; the resident's own code is on the row as `follow_code`, this once."""
    require_secretary(acting_user, community)
    today = business_today(community.district)
    sign = sign.strip()
    if not 1 <= len(sign) <= SIGN_LENGTH:
        raise Refused(
            _("Sign of the resident: 1 to %(most)s characters that only you understand.")
            % {"most": SIGN_LENGTH},
            code="sign",
            field="sign",
        )
    matter = needed(
        matter, _("What it is about: write only what the office has to know."), most=MATTER_LENGTH
    )
    for name, text, label in (
        ("sign", sign, _("sign of the resident")),
        ("matter", matter, _("what it is about")),
    ):
        _plain(text, label, name)
    if kind not in ProxyHandling.Kind:
        raise Refused(_("Kind: choose one of the list."), code="kind", field="kind")
    if consent_how not in SECRETARY_WRITES:
        raise Refused(
            _("Say how the resident agreed: without consent nothing is done in anybody's place."),
            code="consent",
            field="consent_how",
        )
    if not today - dt.timedelta(days=30) <= consent_on <= today:
        raise Refused(
            _("Consent given on: a day of the last 30 days, not in the future."),
            code="consent",
            field="consent_on",
        )
    code = new_code()
    with transaction.atomic(), acting(acting_user, "begin proxy handling"):
        row = ProxyHandling.objects.create(
            community=community,
            kind=kind,
            sign_cipher=seal(sign, about=ABOUT),
            matter_cipher=seal(matter, about=ABOUT),
            consent_on=consent_on,
            consent_how=consent_how,
            erase_on=consent_on + dt.timedelta(days=KEPT_DAYS),
            follow_hash=hash_of(code),
            recorded_at=business_now(community.district),
            recorded_by=str(acting_user or ""),
        )
    row.follow_code = code  # type: ignore[attr-defined]
    return row


def ask_for_proxy(*, compound: Compound, kind: str, matter: str, reach: str, agreed: bool, code: str) -> None:
    """Begin what a resident asks for on the public page; how to reach the resident is kept as the row's sign.

    The code is the form's own, so a form sent twice begins one thing. Nothing else of the resident is known,
    and no request of the resident is touched.
    """
    today = business_today(compound.district)
    community = community_on(compound, today)
    if not agreed:
        raise Refused(
            _("Please tick that you ask for it: without your consent nothing is done in your place."),
            code="consent",
            field="agreed",
        )
    if kind not in ProxyHandling.Kind:
        raise Refused(_("Kind: choose one of the list."), code="kind", field="kind")
    reach = reach.strip()
    if not 1 <= len(reach) <= SIGN_LENGTH:
        raise Refused(
            _(
                "How can the community reach you? Write a telephone number or an hour, in at most %(most)s characters."
            )
            % {"most": SIGN_LENGTH},
            code="reach",
            field="reach",
        )
    matter = needed(
        matter, _("What it is about: write only what the office has to know."), most=MATTER_LENGTH
    )
    _plain(matter, _("what it is about"), "matter")
    with transaction.atomic(), acting(None, "asked for proxy handling"):
        now = business_now(community.district)
        row, is_new = ProxyHandling.objects.get_or_create(
            follow_hash=hash_of(code),
            defaults={
                "community": community,
                "kind": kind,
                "sign_cipher": seal(reach, about=ABOUT),
                "matter_cipher": seal(matter, about=ABOUT),
                "consent_on": today,
                "consent_how": How.ONLINE,
                "erase_on": today + dt.timedelta(days=KEPT_DAYS),
                "recorded_at": now,
                "recorded_by": "",
            },
        )
        if is_new:
            tell_of_proxy(community, row.pk)


def opened(cipher: str) -> str:
    """The text in clear, for a page of the community or of the resident; empty when it is erased."""
    return unseal(cipher, about=ABOUT) if cipher else ""


def masked_sign(row: ProxyHandling) -> str:
    """The resident's sign as shown everywhere; the row's number alone once it is erased."""
    sign = opened(row.sign_cipher)
    return f"{mask_sign(sign)} #{row.pk}" if sign else f"#{row.pk}"


def open_signs(*, rows: Sequence[ProxyHandling], purpose: str, acting_user: User) -> dict[int, str]:
    """The signs of these rows in clear by row number, after the opening and its purpose are logged."""
    kept = [row for row in rows if row.sign_cipher]
    for community in {row.community_id: row.community for row in kept}.values():
        require_secretary(acting_user, community)
    with transaction.atomic(), acting(acting_user, purpose):
        log_opening(
            register=ProxyHandling._meta.db_table,
            ids=[row.pk for row in kept],
            purpose=purpose,
            acting_user=acting_user,
        )
        return {row.pk: opened(row.sign_cipher) for row in kept}


def take_step(*, proxy: ProxyHandling, text: str, acting_user: User | None) -> ProxyStep:
    """Write down what was done; the resident reads it with the code."""
    with transaction.atomic(), acting(acting_user, "step of proxy handling"):
        row = _kept(proxy, acting_user)
        if row.state != State.RUNNING:
            raise Refused(_("This proxy handling is not running any more."), code="state")
        return _add_step(row, text, acting_user)


def report_done(*, proxy: ProxyHandling, text: str, acting_user: User | None) -> ProxyHandling:
    """Say that it is done, and what came of it. The resident alone closes it."""
    with transaction.atomic(), acting(acting_user, "proxy handling done"):
        row = _kept(proxy, acting_user)
        require_move(MOVES, row.state, State.DONE, what=_("Proxy handling"))
        _add_step(row, text, acting_user)
        row.state = State.DONE
        row.save(update_fields=["state"])
    return row


def give_new_code(*, proxy: ProxyHandling, acting_user: User | None) -> str:
    """Give the resident a new code when the slip is lost: the old one ends. Returns it, this once."""
    with transaction.atomic(), acting(acting_user, "new code for the resident"):
        row = _kept(proxy, acting_user)
        code = new_code()
        row.follow_hash = hash_of(code)
        row.save(update_fields=["follow_hash"])
    return code


def withdraw_for(*, proxy: ProxyHandling, acting_user: User | None) -> None:
    """The resident told the community that the consent is taken back: what was written is erased at once."""
    with transaction.atomic(), acting(acting_user, "consent taken back"):
        _withdraw(_kept(proxy, acting_user))


def find_proxy(code: str) -> ProxyHandling | None:
    """Return the row that the resident's code opens, or none."""
    if not plain_code(code):
        return None
    rows = ProxyHandling.objects.select_related("community__district")
    return rows.filter(follow_hash=hash_of(code)).first()


def withdraw_proxy(*, code: str) -> ProxyHandling:
    """The resident takes the consent back: what was written is erased at once."""
    with transaction.atomic(), acting(None, "said by the resident"):
        return _withdraw(_by_code(code))


def close_proxy(*, code: str) -> ProxyHandling:
    """The resident closes what was reported as done; nobody else can."""
    with transaction.atomic(), acting(None, "said by the resident"):
        row = _by_code(code)
        require_move(MOVES, row.state, State.CLOSED, what=_("Proxy handling"))
        return _end(row, State.CLOSED)


def go_on_with_proxy(*, code: str, text: str = "") -> ProxyHandling:
    """The resident says that it is not done yet."""
    with transaction.atomic(), acting(None, "said by the resident"):
        row = _by_code(code)
        require_move(MOVES, row.state, State.RUNNING, what=_("Proxy handling"))
        words = mask_personal_numbers(text.strip()[:STEP_LENGTH])[0]
        _add_step(row, _("Not done yet, says the resident: %(why)s") % {"why": words or "—"}, None)
        row.state = State.RUNNING
        row.save(update_fields=["state"])
    return row


def erase_due_proxies(*, district: District) -> int:
    """Delete the rows whose day of erasure has come; returns how many. Safe to run twice."""
    with transaction.atomic(), acting(None, "day of erasure"):
        due = ProxyHandling.objects.filter(
            community__district=district, erase_on__lte=business_today(district)
        )
        return due.delete()[1].get(ProxyHandling._meta.label, 0)


def _withdraw(row: ProxyHandling) -> ProxyHandling:
    require_move(MOVES, row.state, State.WITHDRAWN, what=_("Proxy handling"))
    row.steps.all().delete()
    row.sign_cipher = row.matter_cipher = ""
    return _end(row, State.WITHDRAWN)


def _end(row: ProxyHandling, state: str) -> ProxyHandling:
    today = business_today(row.community.district)
    row.state, row.ended_on = state, today
    row.erase_on = min(row.erase_on, today + dt.timedelta(days=ERASED_AFTER_DAYS))
    row.save(update_fields=["state", "ended_on", "erase_on", "sign_cipher", "matter_cipher"])
    return row


def _add_step(row: ProxyHandling, text: str, acting_user: User | None) -> ProxyStep:
    text = needed(text, _("What was done: write it in one sentence."), most=STEP_LENGTH)
    _plain(text, _("what was done"), "text")
    if row.steps.count() >= MOST_STEPS:
        raise Refused(_("At most %(most)s steps are kept.") % {"most": MOST_STEPS}, code="too-many")
    now = business_now(row.community.district)
    return ProxyStep.objects.create(
        proxy=row,
        at=now,
        text_cipher=seal(text, about=ABOUT),
        recorded_at=now,
        recorded_by=str(acting_user or ""),
    )


def _plain(text: str, label: object, name: str) -> None:
    try:
        refuse_personal_numbers(text, field=label)
    except Refused as refused:
        raise Refused(str(refused), code=refused.code, field=name) from refused


def _locked(**which: object) -> ProxyHandling:
    row = (
        ProxyHandling.objects.select_for_update(of=("self",))
        .select_related("community__district")
        .filter(**which)
        .first()
    )
    if row is None:
        raise Refused(_("This proxy handling is erased already."), code="erased")
    return row


def _kept(proxy: ProxyHandling, acting_user: User | None) -> ProxyHandling:
    row = _locked(pk=proxy.pk)
    require_keeper(acting_user, row.community)
    return row


def _by_code(code: str) -> ProxyHandling:
    return _locked(follow_hash=hash_of(code))
