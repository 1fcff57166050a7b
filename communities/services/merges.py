"""Merges two compounds that are one, takes a merge back, and keeps pairs that are two.

One transaction: both compounds are locked in the order of their ids, what was seen in the preview is
computed again and must be the same. Frozen rows (entitlements, published entries, survey answers)
stay at the code under which they were made. `CompoundMerge.moved` holds every row before and after.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from communities.merging import MergePlan, plan_merge
from communities.merging.plan import Change
from communities.models import Compound, CompoundAlias, CompoundMerge, DistinctCompounds
from communities.services.aliases import sync_aliases
from communities.services.search_keys import fill_compound
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.text import name_key

A_DAY = dt.timedelta(days=1)
KEYS = ["normalised_name", "match_key", "pinyin"]


def may_merge(user: User | None) -> bool:
    """Whether the user may merge compounds and say that two are two: who keeps the register."""
    return user is None or user.has_perms(["communities.change_compound", "communities.add_compoundmerge"])


def merge_compounds(
    *,
    kept: Compound,
    gone: Compound,
    reason: str,
    acting_user: User | None,
    values: Mapping[str, str] | None = None,
    seal: str | None = None,
) -> CompoundMerge:
    """`gone` becomes `kept`: its rows move, its names are other names of the one kept, its code leads there.

    `values`: name of a choice of the plan → "gone" to take the other's value. `seal` of the preview, if
    there was one. Raises Refused with all reasons; nothing is written then.
    """
    _require(acting_user)
    if not reason.strip():
        raise Refused(_("Say how you know that these are one compound."), code="no-reason", field="reason")
    with transaction.atomic(), acting(acting_user, reason):
        kept, gone = lock_pair(kept, gone, acting_user)
        check_pair(kept, gone)
        plan = plan_merge(kept=kept, gone=gone, values=values)
        if plan.reasons:
            raise Refused(" ".join(plan.reasons), code="contradiction", reasons=plan.reasons)
        if seal is not None and seal != plan.seal():
            raise Refused(
                _("The register has changed since this preview. Look at it again, then confirm."),
                code="stale",
            )
        return _write(plan, reason, acting_user)


def _require(acting_user: User | None) -> None:
    if not may_merge(acting_user):
        raise Refused(
            _("You may not merge compounds. Ask the registrar of the district."), code="no-permission"
        )


def lock_pair(kept: Compound, gone: Compound, acting_user: User | None) -> tuple[Compound, Compound]:
    """Return both compounds as they are now, locked in the order of their ids, in the user's reach."""
    # not merged_into: a joined row would be as it was before the wait
    rows = Compound.objects.select_for_update(of=("self",)).select_related("district")
    if acting_user is not None:
        rows = rows.filter(pk__in=Compound.objects.in_reach(acting_user).values("pk"))
    found = {one.pk: one for one in rows.filter(pk__in={kept.pk, gone.pk}).order_by("pk")}
    if {kept.pk, gone.pk} != found.keys():
        raise Refused(_("One of the compounds lies outside your area."), code="out-of-scope")
    return found[kept.pk], found[gone.pk]


def check_pair(kept: Compound, gone: Compound) -> None:
    """Refuse a compound with itself, one merged already, and two of different districts."""
    if kept.pk == gone.pk:
        raise Refused(_("This is one and the same compound. Choose another."), code="same", field="gone")
    for one, name in ((kept, "kept"), (gone, "gone")):
        if one.merged_into_id is not None:
            assert one.merged_into is not None
            raise Refused(
                _("%(gone)s was already merged into %(kept)s “%(name)s”. Choose that one.")
                % {"gone": one.code, "kept": one.merged_into.code, "name": one.merged_into.name},
                code="already-merged",
                field=name,
            )
    if kept.district_id != gone.district_id:
        raise Refused(
            _("The compounds belong to two districts. Only compounds of one district can be merged."),
            code="other-district",
            field="gone",
        )


def _write(plan: MergePlan, reason: str, acting_user: User | None) -> CompoundMerge:
    kept, gone = plan.kept, plan.gone
    today = business_today(kept.district)
    by = acting_user.username if acting_user else "system"
    before = {name: getattr(kept, name) for name in plan.fields}
    retired = {"retired_on": gone.retired_on, "merged_into_id": None}
    changes = [_written(change, by, kept) for change in in_writing_order(plan.changes)]
    for name, value in plan.fields.items():
        setattr(kept, name, value)
    fill_compound(kept)
    kept.save(update_fields=[*plan.fields, *KEYS])
    gone.merged_into = kept
    gone.retired_on = gone.retired_on or max(today, gone.registered_from + A_DAY)
    gone.save(update_fields=["merged_into", "retired_on"])
    sync_aliases([kept], day=today, source=CompoundAlias.Source.MERGE, by=by)
    changes += [
        Change(Compound, kept.pk, before, dict(plan.fields)),
        Change(Compound, gone.pk, retired, {"retired_on": gone.retired_on, "merged_into_id": kept.pk}),
    ]
    return CompoundMerge.objects.create(
        kept=kept,
        gone=gone,
        merged_on=today,
        reason=reason.strip()[:300],
        moved={"changes": [_stored(change) for change in changes]},
        recorded_at=business_now(kept.district),
        recorded_by=by,
    )


def in_writing_order(changes: list[Change]) -> list[Change]:
    """First what falls away, then what is shortened where it stands, then what moves, then new rows.

    So no day is covered twice in between, and every row can be set back in the opposite order.
    """

    def rank(change: Change) -> int:
        if change.after is None:
            return 0
        if change.before is None:
            return 3
        return 1 if change.before.get("compound_id") == change.after.get("compound_id") else 2

    return sorted(changes, key=rank)


def _written(change: Change, by: str, kept: Compound) -> Change:
    rows = change.model._base_manager
    if change.after is None:
        rows.filter(pk=change.pk).delete()
    elif change.before is None:
        new = change.model(**{**change.after, "recorded_by": by, "recorded_at": business_now(kept.district)})
        new.save(force_insert=True)
        values = {one.attname: getattr(new, one.attname) for one in new._meta.concrete_fields}
        return Change(change.model, new.pk, None, values)
    else:
        rows.filter(pk=change.pk).update(**change.after)
    return change


def _stored(change: Change) -> dict[str, Any]:
    return {
        "model": change.model._meta.label,
        "pk": change.pk,
        "before": _as_text(change.model, change.before),
        "after": _as_text(change.model, change.after),
    }


def _as_text(model: type[Any], values: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return values as JSON takes them: lists as they are, everything else as text."""
    if values is None:
        return None
    return {n: v if v is None or isinstance(v, list | bool | int) else str(v) for n, v in values.items()}


def _as_values(model: type[Any], stored: dict[str, Any]) -> dict[str, Any]:
    fields = {one.attname: one for one in model._meta.concrete_fields}
    return {
        n: v if isinstance(v, list) else getattr(fields[n], "target_field", fields[n]).to_python(v)
        for n, v in stored.items()
    }


# --- taking back -----------------------------------------------------------------------------------


def undo_merge(*, merge: CompoundMerge, reason: str, acting_user: User | None) -> Compound:
    """Both compounds are as they were; returns the one that is there again. Refused when something depends on it."""
    _require(acting_user)
    with transaction.atomic(), acting(acting_user, reason or f"undo of merge {merge.pk}"):
        kept, gone = lock_pair(merge.kept, merge.gone, acting_user)
        merge = CompoundMerge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
        changes = _changes(merge)
        reasons = undo_reasons(merge, kept, changes)
        if reasons:
            raise Refused(
                _("This merge cannot be taken back: %(reasons)s") % {"reasons": " ".join(reasons)},
                code="depends",
                reasons=reasons,
            )
        try:
            with transaction.atomic():
                for change in _backwards(changes):
                    _set_back(change)
        except IntegrityError as error:
            raise Refused(
                _(
                    "This merge cannot be taken back: rows that were entered since stand where the old ones would return. Correct these first."
                ),
                code="depends",
            ) from error
        today = business_today(kept.district)
        for one in Compound.objects.filter(pk__in=[kept.pk, gone.pk]):
            fill_compound(one)
            one.save(update_fields=KEYS)
            sync_aliases([one], day=today, by=acting_user.username if acting_user else "system")
        known = {name_key(name) for name in Compound.objects.get(pk=kept.pk).aliases}
        of_merge = CompoundAlias.objects.filter(compound=kept, source=CompoundAlias.Source.MERGE)
        of_merge.exclude(key__in=known).delete()
        merge.undone_at = business_now(kept.district)
        merge.save(update_fields=["undone_at"])
    gone.refresh_from_db()
    return gone


def look_at_undo(merge: CompoundMerge) -> list[str]:
    """Why a merge cannot be taken back now; empty when it can. Reads only."""
    return undo_reasons(merge, merge.kept, _changes(merge))


def undo_reasons(merge: CompoundMerge, kept: Compound, changes: list[Change]) -> list[str]:
    """What depends on the merge: it is undone already, the kept one went on, or rows were changed since."""
    if merge.undone_at is not None:
        return [_("it was taken back before.")]
    if kept.merged_into_id is not None:
        assert kept.merged_into is not None
        return [
            _("%(kept)s itself was merged into %(other)s. Take that back first.")
            % {"kept": kept.code, "other": kept.merged_into.code}
        ]
    reasons = []
    entitlements = apps.get_model("evaluations", "Entitlement")
    granted = entitlements._base_manager.filter(
        compound=kept, recorded_at__gte=merge.recorded_at, voided_at__isnull=True
    )
    if count := granted.count():
        reasons.append(
            _("%(count)s subsidies were computed for %(kept)s since; they rest on both together.")
            % {"count": count, "kept": kept.code}
        )
    changed = {str(change.model._meta.verbose_name) for change in _not_as_left(changes)}
    if changed:
        reasons.append(
            _("Since the merge somebody has changed: %(what)s.") % {"what": "、".join(sorted(changed))}
        )
    return reasons


def _changes(merge: CompoundMerge) -> list[Change]:
    found = []
    for one in merge.moved["changes"]:
        model = apps.get_model(one["model"])
        sides = [None if one[s] is None else _as_values(model, one[s]) for s in ("before", "after")]
        found.append(Change(model, one["pk"], *sides))
    return found


def _not_as_left(changes: list[Change]) -> list[Change]:
    """Changes whose row is no longer what the merge made of it (one query a table)."""
    found = []
    for model in {change.model for change in changes}:
        mine = [change for change in changes if change.model is model]
        rows = model._base_manager.in_bulk([change.pk for change in mine])
        for change in mine:
            row = rows.get(change.pk)
            if change.after is None:
                is_so = row is None
            else:
                is_so = row is not None and all(getattr(row, n) == v for n, v in change.after.items())
            if not is_so:
                found.append(change)
    return found


def _backwards(changes: list[Change]) -> list[Change]:
    """The compounds first (the one given up is there again), then the rows in the opposite order."""
    compounds = [one for one in changes if one.model is Compound]
    return [*reversed(compounds), *(one for one in reversed(changes) if one.model is not Compound)]


def _set_back(change: Change) -> None:
    rows = change.model._base_manager
    if change.before is None:
        rows.filter(pk=change.pk).delete()
    elif change.after is None:
        change.model(**change.before).save(force_insert=True)
    else:
        rows.filter(pk=change.pk).update(**change.before)


# --- pairs that are two ----------------------------------------------------------------------------


def mark_distinct(*, one: Compound, other: Compound, acting_user: User | None) -> DistinctCompounds:
    """These are two compounds: never proposed again. Saying it twice changes nothing."""
    _require(acting_user)
    with transaction.atomic(), acting(acting_user, "two compounds"):
        first, second = lock_pair(one, other, acting_user)
        check_pair(first, second)
        low, high = sorted((first, second), key=lambda row: row.pk)
        return DistinctCompounds.objects.get_or_create(
            one=low,
            other=high,
            defaults={
                "recorded_by": acting_user.username if acting_user else "system",
                "recorded_at": business_now(low.district),
            },
        )[0]


def unmark_distinct(*, one: Compound, other: Compound, acting_user: User | None) -> None:
    """It is open again whether these are two."""
    _require(acting_user)
    with transaction.atomic(), acting(acting_user, "not certainly two compounds"):
        first, second = lock_pair(one, other, acting_user)
        low, high = sorted((first, second), key=lambda row: row.pk)
        DistinctCompounds.objects.filter(one=low, other=high).delete()
