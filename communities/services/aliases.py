"""Keeps the keyed names of compounds in step with the other names that people read and type."""

import datetime as dt
from collections.abc import Iterable, Mapping

from communities.models import Compound, CompoundAlias
from redprop.common.matching import match_key
from redprop.common.tabular import bulk
from redprop.common.text import name_key


def sync_aliases(
    compounds: Iterable[Compound],
    *,
    day: dt.date,
    source: str = CompoundAlias.Source.REGISTER,
    by: str = "system",
    confirmed: Mapping[int, Iterable[str]] | None = None,
) -> None:
    """Give each compound a keyed name for each of its other names; names taken off the list go.

    `confirmed` are further names by compound that somebody has just confirmed (perhaps the registered
    one). The registered name stays where it was confirmed before. Two queries for all, and the writes.
    """
    by_pk = {compound.pk: compound for compound in compounds}
    stored: dict[int, dict[str, int]] = {pk: {} for pk in by_pk}
    for pk, compound_id, key in CompoundAlias.objects.filter(compound__in=by_pk).values_list(
        "pk", "compound", "key"
    ):
        stored[compound_id][key] = pk
    gone: list[int] = []
    new: list[CompoundAlias] = []
    for pk, compound in by_pk.items():
        extra = [*(confirmed or {}).get(pk, ())]
        wanted = {name_key(name): name for name in (*compound.aliases, *extra) if name_key(name)}
        keep = {*wanted, compound.normalised_name}
        gone += [alias for key, alias in stored[pk].items() if key not in keep]
        for key, name in wanted.items():
            if key not in stored[pk] and (key != compound.normalised_name or name in extra):
                new.append(
                    CompoundAlias(
                        district_id=compound.district_id,
                        compound_id=pk,
                        name=name,
                        key=key,
                        match_key=match_key(name),
                        source=source,
                        noted_on=day,
                        recorded_by=by,
                    )
                )
    bulk.delete(CompoundAlias, gone)
    bulk.insert(new)
