"""From notice to final list: what was announced, added later, dropped, and became final, by colour and by entry."""

from dataclasses import dataclass, field

from evaluations.models import NAMED_COLOURS, EvaluationPeriod, Release, ReleaseEntry
from evaluations.services.releases import FINAL_KINDS


@dataclass
class Difference:
    """One colour of one level: numbers, and the published rows behind them."""

    colour: str
    first: int = 0
    added: list[ReleaseEntry] = field(default_factory=list)
    dropped: list[ReleaseEntry] = field(default_factory=list)
    waiting: list[ReleaseEntry] = field(default_factory=list)
    final: int = 0


def differences(period: EvaluationPeriod, level: str = "project") -> list[Difference]:
    """Return the colours of a period: first notice + added by later notices − dropped − still waiting = final.

    Two queries. A correction counts with what it published last of a subject.
    """
    rows = list(
        ReleaseEntry.objects.filter(release__period=period, level=level)
        .exclude(release__state=Release.State.DRAFT)
        .select_related("release", "entry")
        .order_by("release__sequence", "pk")
    )
    subject = "project_id" if level == "project" else "enterprise_id"
    announced: dict[tuple[int, str], tuple[int, ReleaseEntry]] = {}
    final: dict[int, ReleaseEntry] = {}
    notices = sorted({r.release.sequence for r in rows if r.release.kind == Release.Kind.NOTICE})
    for row in rows:
        key = getattr(row, subject)
        if row.release.kind == Release.Kind.NOTICE:
            announced.setdefault((key, row.colour), (row.release.sequence, row))
        elif row.release.kind in FINAL_KINDS:
            final[key] = row
    found = {str(colour): Difference(str(colour)) for colour in NAMED_COLOURS}
    for (key, colour), (sequence, row) in announced.items():
        one = found[colour]
        if sequence == notices[0]:
            one.first += 1
        else:
            one.added.append(row)
        last = final.get(key)
        if last is None or last.colour != colour:
            open_still = last is None and row.entry.state in ("noticed", "held")
            (one.waiting if open_still else one.dropped).append(row)
    for row in final.values():
        if row.colour in found:
            found[row.colour].final += 1
    return list(found.values())
