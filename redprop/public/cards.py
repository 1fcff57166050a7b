"""What a compound's card says beside its results: promises open and kept, whom to call, the eight guarantees.

No resident is named; what was typed is masked once more on its way out.
"""

import datetime as dt
from collections import defaultdict

from django.db.models import Q
from django.utils import timezone

from communities.models import Commitment, CompoundPlacement, JointMeeting
from enterprises.models import CommunitySecretary
from evaluations.inspecting import set_for, sets_on, sorts_on
from evaluations.models.inspection_plans import Scheme
from redprop.accounts.models import Posting
from redprop.accounts.roles import Role
from redprop.areas.models import District
from redprop.common.identifiers import mask_personal_numbers
from redprop.public import content, english

OPEN = (Commitment.State.OPEN, Commitment.State.ANSWERED, Commitment.State.REOPENED)
SHOWN = 6
"""How many promises of each sort a card shows."""


def promises_of(district: District, today: dt.date) -> dict[int, content.Promises]:
    """Return the promises of the minutes that were accepted, by compound: open ones, and those due in the last year (one query)."""
    year_ago = today - dt.timedelta(days=365)
    rows = (
        Commitment.objects.filter(
            compound__district=district, meeting__state=JointMeeting.State.ACCEPTED, made_on__lte=today
        )
        .exclude(state=Commitment.State.EXCLUDED)
        .filter(Q(state__in=OPEN) | Q(due_on__range=(year_ago, today)))
        .order_by("due_on", "pk")
        .values_list("compound", "problem", "promise", "due_on", "state", "answered_at", "confirmed_at")
    )
    still: dict[int, list[content.Promise]] = defaultdict(list)
    done: dict[int, list[content.Promise]] = defaultdict(list)
    due: dict[int, int] = defaultdict(int)
    in_time: dict[int, int] = defaultdict(int)
    for compound, problem, promise, due_on, state, answered_at, confirmed_at in rows:
        ended = timezone.localdate(answered_at or confirmed_at) if confirmed_at else None
        one = content.Promise(
            problem=mask_personal_numbers(problem)[0],
            promise=mask_personal_numbers(promise)[0],
            due_on=due_on,
            state=state,
            overdue=state in OPEN and due_on < today,
            done_on=ended,
        )
        (still if state in OPEN else done)[compound].append(one)
        if due_on <= today:
            due[compound] += 1
            in_time[compound] += ended is not None and ended <= due_on
    return {
        compound: content.Promises(
            open=tuple(still[compound]),
            kept=tuple(reversed(done[compound])),
            due=due[compound],
            in_time=in_time[compound],
        )
        for compound in {*still, *done}
    }


def secretaries_of(district: District, today: dt.date, *, with_names: bool) -> dict[int, tuple[str, str]]:
    """Return by community the secretary's post, with the name only where it may be published, and work telephone (two queries).

    Who is secretary stands in the register; where it has no row, the account that works for the community says it.
    """
    accounts = (
        Posting.objects.on(today)
        .filter(district=district, role=Role.COMMUNITY_SECRETARY, user__is_active=True)
        .order_by("valid_from", "pk")
        .values_list("community", "user__full_name", "user__work_phone")
    )
    register = (
        CommunitySecretary.objects.on(today)
        .filter(community__district=district)
        .order_by("valid_from", "pk")
        .values_list("community", "person__name", "person__work_phone")
    )
    found: dict[int, tuple[str, str]] = {}
    for community, name, phone in (*accounts, *register):
        found[community] = (name, phone or found.get(community, ("", ""))[1])
    post = str(Role.COMMUNITY_SECRETARY.label)
    return {
        community: (f"{post} {name}".strip() if with_names else post, phone)
        for community, (name, phone) in found.items()
    }


def guarantees_of(district: District, today: dt.date) -> dict[int, content.Guarantees]:
    """Return by compound the eight guarantees that hold for its class today; nothing for professional service (five queries)."""
    sets = sets_on(district, today)
    made: dict[int, content.Guarantees] = {}
    found: dict[int, content.Guarantees] = {}
    if not any(scheme == Scheme.GUARANTEES for scheme, _name in sets):
        return found
    here = CompoundPlacement.objects.filter(compound__district=district).values_list("compound", flat=True)
    for compound, sort in sorts_on(here, today).items():
        items = set_for(sets, Scheme.GUARANTEES, sort)
        if items is None:
            continue
        if items.pk not in made:
            made[items.pk] = content.Guarantees(
                document=items.document,
                items=tuple((english.word(item.title), item.guidance) for item in items.items.all()),
            )
        found[compound] = made[items.pk]
    return found
