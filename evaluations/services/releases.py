"""The life of a list: entries confirmed or struck, put up for public notice, made final, published.

A publication freezes rows, packs the bundle, chains its digest to the release before (one chain per
district, under the district's lock) and calls for the public files after commit.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from evaluations.models import ClosingRun, EvaluationPeriod, ListEntry, Objection, Release, ReleaseEntry
from evaluations.models.releases import NAMED_COLOURS
from evaluations.scoring import bundle as pure
from evaluations.services.access import require_role
from evaluations.services.after_correction import settle_payments
from evaluations.services.bundles import RunData, content_of, entry_of, load_run, pseudonym
from evaluations.services.flag_withdrawals import propose_withdrawals
from evaluations.services.follow_ups import open_follow_ups
from evaluations.services.freezing import OFFICIAL_LANGUAGE, frozen_rows
from evaluations.services.result_notices import tell_of_release
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers
from redprop.common.queue import send_on_commit
from redprop.common.states import require_move
from redprop.common.tabular.bulk import insert
from redprop.common.workdays import add_workdays
from redprop.core.selectors import work_calendar

State = ListEntry.State

ENTRY_MOVES = {
    State.PROPOSED: {State.CONFIRMED, State.STRUCK, State.WITHDRAWN},
    State.CONFIRMED: {State.STRUCK, State.NOTICED, State.FINAL, State.WITHDRAWN},
    State.NOTICED: {State.HELD, State.FINAL, State.STRUCK, State.WITHDRAWN},
    State.HELD: {State.NOTICED, State.STRUCK, State.WITHDRAWN},
    State.FINAL: {State.EXPIRED, State.REPAIRED, State.WITHDRAWN},
    State.STRUCK: {State.WITHDRAWN},
    State.EXPIRED: set(),
    State.REPAIRED: set(),
    State.WITHDRAWN: set(),
}
"""Which state of an entry may follow which. A named entry becomes final only out of its notice.

Withdrawn: replaced by the entry of a correction (services/corrections).
"""

FINAL_KINDS = (Release.Kind.FINAL, Release.Kind.SUPPLEMENT, Release.Kind.CORRECTION)


def confirm_entries(
    *,
    period: EvaluationPeriod,
    entries: Iterable[int] | None = None,
    remark: str = "",
    acting_user: User | None,
) -> int:
    """Confirm proposed entries under the user's name (all of the period without `entries`); return how many.

    Raises Refused when one of them is not proposed, or when nobody acts: a person confirms.
    """
    require_role(acting_user, period.district, Role.EVALUATOR)
    _require_person(acting_user)
    with transaction.atomic(), acting(acting_user, remark or f"confirm entries of {period.code}"):
        wanted = ListEntry.objects.filter(period=period)
        wanted = (
            wanted.filter(state=State.PROPOSED) if entries is None else wanted.filter(pk__in=list(entries))
        )
        rows = list(wanted.select_for_update(of=("self",)).order_by("pk"))
        for row in rows:
            require_move(ENTRY_MOVES, row.state, State.CONFIRMED, what=row)
        return ListEntry.objects.filter(pk__in=[row.pk for row in rows]).update(
            state=State.CONFIRMED,
            confirmed_by=acting_user,
            confirmed_at=business_now(period.district),
            remark=remark,
        )


def strike_entry(*, entry: ListEntry, reason: str, acting_user: User | None) -> ListEntry:
    """Take an entry off the list before its notice, with a reason that is published."""
    district = entry.period.district
    require_role(acting_user, district, Role.EVALUATOR)
    _require_person(acting_user)
    if not reason.strip():
        raise Refused(_("Say why this entry is struck; the reason is published."), code="reason-missing")
    refuse_personal_numbers(reason, field=_("reason given"))
    with transaction.atomic(), acting(acting_user, reason):
        entry = ListEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
        if entry.state in (State.NOTICED, State.HELD):
            raise Refused(
                _("%(entry)s is in public notice. It leaves the list only by an objection that is upheld.")
                % {"entry": entry},
                code="noticed",
            )
        require_move(ENTRY_MOVES, entry.state, State.STRUCK, what=entry)
        entry.state, entry.remark = State.STRUCK, reason.strip()
        entry.confirmed_by, entry.confirmed_at = acting_user, business_now(district)
        entry.save(update_fields=["state", "remark", "confirmed_by", "confirmed_at"])
    return entry


def publish_notice(*, period: EvaluationPeriod, acting_user: User | None) -> Release:
    """Put the confirmed entries up for public notice and return the release.

    The window is the rubric's number of working days after today. Raises Refused when the period is
    not closed, an entry waits for confirmation, there is nothing new, or a year's holidays are missing.
    """
    district = period.district
    require_role(acting_user, district, Role.PUBLISHER)
    _require_person(acting_user)
    with transaction.atomic(), acting(acting_user, f"notice {period.code}"):
        period = _lock(period)
        _require_closed(period)
        entries = list(
            ListEntry.objects.select_for_update(of=("self",))
            .filter(period=period, colour__in=NAMED_COLOURS)
            .exclude(state=State.WITHDRAWN)
            .order_by("pk")
        )
        waiting = [entry for entry in entries if entry.state == State.PROPOSED]
        if waiting:
            raise Refused(
                _(
                    "%(count)s entries of %(period)s wait for confirmation (first: %(first)s). Confirm or strike them before the notice."
                )
                % {"count": len(waiting), "period": period.value.label, "first": waiting[0]},
                code="unconfirmed",
            )
        chosen = _of_one_run(period, [entry for entry in entries if entry.state == State.CONFIRMED])
        if not chosen:
            raise Refused(
                _("%(period)s has no entry that is still to be put up for notice.")
                % {"period": period.value.label},
                code="nothing-to-notice",
            )
        today = business_today(district)
        ends = add_workdays(today, period.rubric.notice_workdays, work_calendar(district))
        for entry in chosen:
            require_move(ENTRY_MOVES, entry.state, State.NOTICED, what=entry)
            entry.state, entry.notice_starts_on, entry.notice_ends_on = State.NOTICED, today, ends
        ListEntry.objects.filter(pk__in=[entry.pk for entry in chosen]).update(
            state=State.NOTICED, notice_starts_on=today, notice_ends_on=ends
        )
        left_out = {entry.pk: "struck" for entry in entries if entry.state == State.STRUCK}
        left_out |= {
            entry.pk: "earlier"
            for entry in entries
            if entry.state in (State.HELD, State.FINAL)
            or (entry.state == State.NOTICED and entry not in chosen)
        }
        release = _publish(period, Release.Kind.NOTICE, chosen, entries, left_out, ends, acting_user)
        tell_of_release(release, chosen)
        return release


def finalise(*, period: EvaluationPeriod, acting_user: User | None) -> Release:
    """Publish the final list (or a supplement to it) of the entries whose window has ended; return the release.

    Entries held by an objection and those still in notice are left out and follow in a supplement.
    Raises Refused when nothing is ready.
    """
    district = period.district
    require_role(acting_user, district, Role.PUBLISHER)
    _require_person(acting_user)
    with transaction.atomic(), acting(acting_user, f"finalise {period.code}"):
        period = _lock(period)
        _require_closed(period)
        rows = ListEntry.objects.select_for_update(of=("self",)).filter(period=period)
        entries = list(rows.exclude(state=State.WITHDRAWN).order_by("pk"))
        today = business_today(district)
        objected = set(
            Objection.objects.open().filter(entry__period=period).values_list("entry_id", flat=True)
        )
        before = set(
            ReleaseEntry.objects.filter(release__period=period, release__kind__in=FINAL_KINDS).values_list(
                "entry_id", flat=True
            )
        )
        named = [entry for entry in entries if entry.is_named and entry.pk not in before]
        ready = [
            entry
            for entry in named
            if entry.state == State.NOTICED and entry.notice_ends_on < today and entry.pk not in objected
        ]
        # Once a list is final, a later correction on its way holds up nothing that is ready.
        if not before or not ready:
            _require_noticed(period, named)
        still = [e for e in named if e.state == State.NOTICED and e.notice_ends_on >= today]
        if not ready and still:
            raise Refused(
                _("The notice of %(period)s runs until %(end)s; the list can be final from the day after.")
                % {"period": period.value.label, "end": max(entry.notice_ends_on for entry in still)},
                code="window-open",
            )
        plain = [
            e
            for e in entries
            if e.pk not in before
            and (e.state == State.STRUCK or (not e.is_named and e.state == State.CONFIRMED))
        ]
        chosen = _of_one_run(period, sorted([*ready, *plain], key=lambda entry: entry.pk))
        if not chosen:
            raise Refused(
                _(
                    "%(period)s has nothing that can become final now: everything is final already or held by an objection."
                )
                % {"period": period.value.label},
                code="nothing-to-finalise",
            )
        moving = [entry for entry in chosen if entry.state != State.STRUCK]
        for entry in moving:
            require_move(ENTRY_MOVES, entry.state, State.FINAL, what=entry)
            entry.state = State.FINAL
        ListEntry.objects.filter(pk__in=[entry.pk for entry in moving]).update(state=State.FINAL)
        picked = {entry.pk for entry in chosen}
        words = {State.STRUCK: "struck", State.HELD: "held", State.NOTICED: "noticed"}
        words |= dict.fromkeys((State.PROPOSED, State.CONFIRMED), "waiting")
        left_out = {
            e.pk: "earlier" if e.pk in before else words[State(e.state)]
            for e in entries
            if e.is_named and (e.pk not in picked or e.state == State.STRUCK)
        }
        kind = _kind_of(period, chosen, before)
        release = _publish(period, kind, chosen, entries, left_out, None, acting_user)
        open_follow_ups(release=release, acting_user=acting_user)
        if kind == Release.Kind.CORRECTION:
            settle_payments(period=period, acting_user=acting_user)
        propose_withdrawals(district=district)
        tell_of_release(release, chosen)
        return release


def _kind_of(period: EvaluationPeriod, chosen: Sequence[ListEntry], before: set[int]) -> str:
    """The first is the final list; later ones correct what was published of a subject, or supplement it."""
    if not before:
        return Release.Kind.FINAL
    known = set(ListEntry.objects.filter(pk__in=before).values_list("level", "project_id", "enterprise_id"))
    corrects = any((entry.level, entry.project_id, entry.enterprise_id) in known for entry in chosen)
    return Release.Kind.CORRECTION if corrects else Release.Kind.SUPPLEMENT


def _require_person(user: User | None) -> None:
    if user is None:
        raise Refused(
            _("This step is signed by a person. Name the account that acts."), code="person-missing"
        )


def _require_closed(period: EvaluationPeriod) -> None:
    if period.state != EvaluationPeriod.State.CLOSED:
        raise Refused(
            _("%(period)s is not closed. Close it before its list is published.")
            % {"period": period.value.label},
            code="period-not-closed",
        )


def _require_noticed(period: EvaluationPeriod, named: Sequence[ListEntry]) -> None:
    waiting = [entry for entry in named if entry.state in (State.PROPOSED, State.CONFIRMED)]
    if waiting:
        raise Refused(
            _(
                "%(count)s entries of %(period)s were not in public notice yet (first: %(first)s). Put up the notice first."
            )
            % {"count": len(waiting), "period": period.value.label, "first": waiting[0]},
            code="not-noticed",
        )


def _lock(period: EvaluationPeriod) -> EvaluationPeriod:
    """Lock district, then period: the chain of releases is one per district."""
    District.objects.select_for_update(of=("self",)).get(pk=period.district_id)
    return (
        EvaluationPeriod.objects.select_for_update(of=("self",))
        .select_related("district", "rubric")
        .get(pk=period.pk)
    )


def _publish(
    period: EvaluationPeriod,
    kind: str,
    chosen: Sequence[ListEntry],
    everyone: Sequence[ListEntry],
    left_out: dict[int, str],
    window_ends_on: dt.date | None,
    acting_user: User | None,
) -> Release:
    """Freeze, pack, chain and publish. The caller holds the district's lock."""
    district = period.district
    last = Release.objects.filter(district=district).order_by("-sequence").first()
    sequence = last.sequence + 1 if last else 1
    key = salted_hmac(
        "redprop.release", f"{district.code}|{period.code}|{kind}|{sequence}", algorithm="sha256"
    )
    runs = period.runs.filter(state=ClosingRun.State.DONE).select_related("period__rubric")
    # Until the list is final everybody is ranked by the newest inputs; afterwards only what a run moved is new.
    run = runs.get(pk=chosen[0].run_id) if _is_final(period) else runs.order_by("-pk")[0]
    release = Release.objects.create(
        district=district,
        period=period,
        run=run,
        kind=kind,
        sequence=sequence,
        window_ends_on=window_ends_on,
        index_number=f"{district.code}-{period.code}-{sequence:04d}",
        pseudonym_key=key.hexdigest(),
        previous_digest=last.digest if last else "",
        recorded_by=str(acting_user or ""),
        **_official_texts(period, kind),
    )
    data = load_run(run)
    rows = frozen_rows(release, data, chosen, business_today(district))
    insert(rows)
    by_pk = {entry.pk: entry for entry in everyone}
    release.left_out = {
        pseudonym(key.hexdigest(), by_pk[pk].level, by_pk[pk].project_id or by_pk[pk].enterprise_id): why
        for pk, why in left_out.items()
    }
    release.left_out |= _not_here(release, data, rows)
    content, outcome = content_of(
        release, data, [entry_of(row) for row in rows if row.is_named], release.left_out
    )
    result = pure.pack(content, outcome)
    release.manifest = {"entries": result.entry_digests}
    release.digest = result.digest
    release.counts = _counts(rows)
    release.state = Release.State.PUBLISHED
    release.published_at, release.published_by = business_now(district), acting_user
    release.save(
        update_fields=["left_out", "manifest", "digest", "counts", "state", "published_at", "published_by"]
    )
    send_on_commit("redprop.public.tasks.publish_release", release.pk)
    return release


def _not_here(release: Release, data: RunData, rows: Iterable[ReleaseEntry]) -> dict[str, str]:
    """Subjects that a correction's inputs would name but whose earlier published result stays."""
    here = {row.pseudonym for row in rows if row.is_named} | set(release.left_out)
    found: dict[str, str] = {}
    for level, standings in (
        ("project", data.outcome.standings),
        ("enterprise", data.outcome.enterprise_standings),
    ):
        for key, standing in standings.items():
            name = pseudonym(release.pseudonym_key, level, key)
            if str(standing.colour) in NAMED_COLOURS and name not in here:
                found[name] = "earlier"
    return found


def _is_final(period: EvaluationPeriod) -> bool:
    return Release.objects.filter(
        period=period, kind=Release.Kind.FINAL, state=Release.State.PUBLISHED
    ).exists()


def _of_one_run(period: EvaluationPeriod, chosen: list[ListEntry]) -> list[ListEntry]:
    """Once a list is final, what different runs moved is published apart, the oldest first."""
    if not chosen or not _is_final(period):
        return chosen
    first = min(entry.run_id for entry in chosen)
    return [entry for entry in chosen if entry.run_id == first]


def _counts(rows: Iterable[ReleaseEntry]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {"project": Counter(), "enterprise": Counter()}
    for row in rows:
        counts[row.level][row.colour] += 1
    return {level: dict(sorted(counter.items())) for level, counter in counts.items()}


def _official_texts(period: EvaluationPeriod, kind: str) -> dict[str, Any]:
    """Title, issuer and rubric as printed: in the official language, whoever presses the button."""
    with translation.override(OFFICIAL_LANGUAGE):
        titles = {
            Release.Kind.NOTICE: _("Public notice of the red and black lists of %(district)s, %(period)s"),
            Release.Kind.FINAL: _("Red and black lists of %(district)s, %(period)s"),
            Release.Kind.SUPPLEMENT: _("Supplement to the red and black lists of %(district)s, %(period)s"),
            Release.Kind.CORRECTION: _("Correction of the red and black lists of %(district)s, %(period)s"),
        }
        return {
            "title": titles[Release.Kind(kind)] % {"district": period.district, "period": period.value.label},
            "issuer": _("Office of the Red Property programme of %(district)s")
            % {"district": period.district},
            "rubric_label": f"{period.rubric.title}（{period.rubric.document}）",
        }
