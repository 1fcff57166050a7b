"""Who is told of what happens to meetings and promises, and in which words."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from communities.models import Commitment, JointMeeting
from enterprises.models import EnterpriseContact
from redprop.accounts.clock import business_today
from redprop.accounts.models import Posting, User
from redprop.accounts.roles import Role
from redprop.areas.models import Community, CommunitySuccession, District
from redprop.common.periods import Period, PeriodKind
from redprop.core.models import NoticeKind
from redprop.core.services.notifications import Told, tell


@dataclass
class Readers:
    """Who answers for which enterprise, community and subdistrict today: read at once for many commitments."""

    contacts: dict[int, list[User]] = field(default_factory=lambda: defaultdict(list))
    keepers: dict[int, list[User]] = field(default_factory=lambda: defaultdict(list))
    clerks: dict[int, list[User]] = field(default_factory=lambda: defaultdict(list))
    evaluators: list[User] = field(default_factory=list)
    """Of the district: whoever follows what goes up to it."""

    @classmethod
    def of(cls, district: District, commitments: Iterable[Commitment] = ()) -> "Readers":
        """Read the contacts of their enterprises and all secretaries and clerks of the district (three queries)."""
        readers, day = cls(), business_today(district)
        enterprises = {commitment.project.enterprise_id for commitment in commitments}
        for row in (
            EnterpriseContact.objects.on(day).filter(enterprise__in=enterprises).select_related("user")
        ):
            readers.contacts[row.enterprise_id].append(row.user)
        posted = Posting.objects.on(day).filter(
            district=district, role__in=[Role.COMMUNITY_SECRETARY, Role.SUBDISTRICT_CLERK, Role.EVALUATOR]
        )
        for row in posted.select_related("user"):
            if row.role == Role.COMMUNITY_SECRETARY:
                readers.keepers[row.community_id].append(row.user)
            elif row.role == Role.EVALUATOR:
                readers.evaluators.append(row.user)
            else:
                readers.clerks[row.subdistrict_id].append(row.user)
        followed = CommunitySuccession.objects.filter(
            predecessor__district=district, predecessor__closed_on__isnull=False
        )
        # The latest dissolved first: what went to one that was dissolved later goes on to its successors.
        followed = followed.order_by("-predecessor__closed_on")
        for old, new in followed.values_list("predecessor", "successor"):
            readers.keepers[old] = readers.keepers[old] + readers.keepers[new]
        return readers

    def contacts_of(self, commitment: Commitment) -> list[User]:
        """Contacts of the enterprise that promised."""
        return self.contacts[commitment.project.enterprise_id]

    def keepers_of(self, community: Community) -> list[User]:
        """The community's secretary; once it is dissolved, those of its successors."""
        return self.keepers[community.pk]

    def clerks_of(self, community: Community) -> list[User]:
        """The clerks of its subdistrict."""
        return self.clerks[community.subdistrict_id]


def readers_of(commitment: Commitment) -> Readers:
    """Return who is told of one commitment."""
    return Readers.of(commitment.meeting.community.district, [commitment])


def news_of_commitment(
    commitment: Commitment,
    users: Iterable[User],
    words: Callable[[], str],
    *,
    kind: str = NoticeKind.COMMITMENT,
    due_on: dt.date | None = None,
) -> Told:
    """Return the news of one commitment: the newest replaces what is still unread."""
    address = reverse("desk:commitment", args=[commitment.pk])
    return Told(users, kind, words, address, f"commitment:{commitment.pk}", due_on)


def tell_contacts(commitment: Commitment, words: Callable[[], str], due_on: dt.date | None = None) -> None:
    """Tell the enterprise that promised."""
    users = readers_of(commitment).contacts_of(commitment)
    tell([news_of_commitment(commitment, users, words, due_on=due_on)])


def tell_keepers(commitment: Commitment, words: Callable[[], str], due_on: dt.date | None = None) -> None:
    """Tell the community that keeps the item."""
    users = readers_of(commitment).keepers_of(commitment.kept_in)
    tell([news_of_commitment(commitment, users, words, due_on=due_on)])


def tell_clerks(commitment: Commitment, words: Callable[[], str], due_on: dt.date | None = None) -> None:
    """Tell the subdistrict."""
    users = readers_of(commitment).clerks_of(commitment.kept_in)
    tell([news_of_commitment(commitment, users, words, due_on=due_on)])


def tell_of_promises(meeting: JointMeeting) -> None:
    """Tell each enterprise what it has promised, once for the whole meeting."""
    by_project: dict[int, list[Commitment]] = defaultdict(list)
    rows = meeting.commitments.filter(state=Commitment.State.OPEN).select_related("project")
    for commitment in rows.order_by("due_on", "pk"):
        by_project[commitment.project_id].append(commitment)
    readers = Readers.of(meeting.community.district, [some[0] for some in by_project.values()])
    tell(_promised(meeting, some, readers.contacts_of(some[0])) for some in by_project.values())


def _promised(meeting: JointMeeting, promises: list[Commitment], users: list[User]) -> Told:
    first = promises[0]
    facts = {
        "project": first.project,
        "community": meeting.community,
        "problem": first.problem[:120],
        "count": len(promises),
        "due": first.due_on,
    }
    if len(promises) == 1:
        address = reverse("desk:commitment", args=[first.pk])
    else:
        address = reverse("desk:commitments")

    def words() -> str:
        if len(promises) == 1:
            return _("%(project)s promised at %(community)s: %(problem)s") % facts
        return _("%(project)s gave %(count)s promises at %(community)s, the first due on %(due)s") % facts

    subject = f"promises:{meeting.pk}:{first.project_id}"
    return Told(users, NoticeKind.COMMITMENT, words, address, subject, first.due_on)


def news_of_filing(meeting: JointMeeting) -> Callable[[], str]:
    """Return what is said of a meeting in the state that it has now reached."""
    facts = {"community": meeting.community, "reason": meeting.return_reason[:150]}

    def words() -> str:
        month = Period.of(PeriodKind.MONTH, meeting.month).label_in(get_language() or "zh")
        said = {
            JointMeeting.State.SUBMITTED: _("%(community)s has filed the joint meeting of %(month)s"),
            JointMeeting.State.RETURNED: _("The joint meeting of %(month)s is returned: %(reason)s"),
            JointMeeting.State.ACCEPTED: _("The joint meeting of %(month)s is accepted"),
        }[JointMeeting.State(meeting.state)]
        return said % {**facts, "month": month}

    return words


def tell_of_meeting(
    meeting: JointMeeting,
    words: Callable[[], str],
    *,
    to_clerks: bool = False,
    due_on: dt.date | None = None,
) -> None:
    """Tell the secretary (or the subdistrict's clerks) of one meeting's filing."""
    readers = Readers.of(meeting.community.district)
    users = readers.clerks_of(meeting.community) if to_clerks else readers.keepers_of(meeting.community)
    address = reverse("desk:meeting", args=[meeting.pk])
    tell([Told(users, NoticeKind.MEETING, words, address, f"meeting:{meeting.pk}", due_on)])
