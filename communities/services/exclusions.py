"""Unreasonable demands leave scoring (不合理诉求剔除): by reason code, asked for by one person, signed by a second.

The community asks, a clerk of its subdistrict signs. The demand itself goes on: a request is still
answered. The share that each community leaves out is shown to all who sign.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from communities.models import (
    Commitment,
    CommitmentStep,
    CompoundPlacement,
    Exclusion,
    JointMeeting,
    ResidentRequest,
)
from communities.services.access import require_clerk, require_keeper
from communities.services.commitments import COMMITMENT_MOVES, add_step, lock_commitment, needed
from communities.services.notices import Readers, tell_clerks, tell_contacts, tell_keepers
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now
from redprop.accounts.models import User
from redprop.areas.models import Community
from redprop.common.errors import Refused
from redprop.common.periods import Period
from redprop.common.states import require_move
from redprop.core.models import NoticeKind
from redprop.core.services.notifications import notify

Kind = CommitmentStep.Kind
State = Exclusion.State


def ask_exclusion(
    *,
    commitment: Commitment | None = None,
    request: ResidentRequest | None = None,
    reason: str,
    explanation: str,
    acting_user: User,
) -> Exclusion:
    """Ask that a commitment or a request leaves scoring. Nothing changes until a second person signs."""
    explanation = needed(explanation, _("Explanation: say what makes the demand unreasonable."), most=500)
    if reason not in Exclusion.Reason:
        raise Refused(_("Choose one of the reasons of the list."), code="reason")
    subject = commitment or request
    if subject is None:
        raise Refused(_("Say which commitment or request it is."), code="nothing")
    with transaction.atomic(), acting(acting_user, explanation):
        if commitment is not None:
            commitment = lock_commitment(commitment)
            community = commitment.kept_in
            require_move(COMMITMENT_MOVES, commitment.state, Commitment.State.EXCLUDED, what=commitment)
        else:
            community = community_of_request(request)
        require_keeper(acting_user, community)
        live = Exclusion.objects.filter(
            commitment=commitment, request=request, state__in=[State.ASKED, State.SIGNED]
        )
        if live.exists():
            raise Refused(_("It is already out of scoring, or waits for a signature."), code="already-asked")
        now = business_now(community.district)
        asked = Exclusion.objects.create(
            commitment=commitment,
            request=request,
            reason=reason,
            explanation=explanation,
            asked_by=acting_user,
            recorded_at=now,
            recorded_by=str(acting_user),
        )
        if commitment is not None:
            text = f"{asked.get_reason_display()}: {explanation}"
            add_step(commitment, Kind.TO_EXCLUDE, now, text, acting_user)
            tell_clerks(
                commitment,
                lambda: (
                    _("%(community)s asks to leave out of scoring: %(problem)s")
                    % {"community": community, "problem": commitment.problem[:150]}
                ),
            )
        else:
            _tell_of_request(asked, Readers.of(community.district).clerks_of(community))
    return asked


def decide_exclusion(*, exclusion: Exclusion, sign: bool, text: str = "", acting_user: User) -> Exclusion:
    """Sign or refuse, as a clerk of the subdistrict and never as the one who asked."""
    if not sign:
        text = needed(text, _("Reason: say why it stays in scoring."), most=500)
    with transaction.atomic(), acting(acting_user, text or "sign exclusion"):
        commitment = lock_commitment(exclusion.commitment) if exclusion.commitment else None
        exclusion = (
            Exclusion.objects.select_for_update(of=("self",))
            .select_related("request__compound")
            .get(pk=exclusion.pk)
        )
        community = commitment.kept_in if commitment else community_of_request(exclusion.request)
        require_clerk(acting_user, community)
        if exclusion.asked_by_id == acting_user.pk:
            raise Refused(
                _("Whoever asked for it cannot sign it. A second person decides."), code="same-person"
            )
        if exclusion.state != State.ASKED:
            raise Refused(_("This is already decided."), code="decided")
        now = business_now(community.district)
        exclusion.state = State.SIGNED if sign else State.REFUSED
        exclusion.decided_by, exclusion.decided_at, exclusion.decision = acting_user, now, text
        exclusion.save(update_fields=["state", "decided_by", "decided_at", "decision"])
        if commitment is not None:
            if sign:
                require_move(COMMITMENT_MOVES, commitment.state, Commitment.State.EXCLUDED, what=commitment)
                commitment.state = Commitment.State.EXCLUDED
                commitment.save(update_fields=["state"])
            words = text or exclusion.get_reason_display()
            add_step(commitment, Kind.EXCLUDED if sign else Kind.KEPT, now, words, acting_user)

            def decided() -> str:
                words = _("Left out of scoring: %(problem)s") if sign else _("Stays in scoring: %(problem)s")
                return words % {"problem": commitment.problem[:150]}

            tell_keepers(commitment, decided)
            tell_contacts(commitment, decided)
        else:
            _tell_of_request(exclusion, Readers.of(community.district).keepers_of(community))
    return exclusion


def _tell_of_request(exclusion: Exclusion, users: Iterable[User]) -> None:
    """Tell of a request by its code and compound: its words may hold what is nobody else's business."""
    code, compound = exclusion.request.code, exclusion.request.compound

    def words() -> str:
        said = {
            State.ASKED: _("Asked to leave request %(code)s of %(compound)s out of scoring"),
            State.SIGNED: _("Request %(code)s of %(compound)s is left out of scoring"),
            State.REFUSED: _("Request %(code)s of %(compound)s stays in scoring"),
        }[State(exclusion.state)]
        return said % {"code": code, "compound": compound}

    notify(
        users=users,
        kind=NoticeKind.REQUEST,
        text=words,
        address=reverse("desk:exclusions"),
        subject=f"exclusion:{exclusion.pk}",
    )


@dataclass(frozen=True)
class Share:
    """How much of what a community's firms were asked for it leaves out of scoring."""

    community: Community
    commitments: int
    excluded: int
    requests: int = 0
    excluded_requests: int = 0

    @property
    def percent(self) -> float:
        """Share of commitments left out, 0 to 100."""
        return 100 * self.excluded / self.commitments if self.commitments else 0.0

    @property
    def percent_of_requests(self) -> float:
        """Share of requests left out, 0 to 100."""
        return 100 * self.excluded_requests / self.requests if self.requests else 0.0


def shares(communities: Iterable[Community], first: Period, last: Period) -> list[Share]:
    """Return each community's share of commitments made and requests received in these months that left scoring.

    Two queries. Requests count for the community in which their compound lies at the end of `last`.
    """
    communities = list(communities)
    ids = [c.pk for c in communities]
    promised = {
        row["meeting__community"]: row
        for row in Commitment.objects.filter(
            meeting__community__in=ids,
            meeting__state=JointMeeting.State.ACCEPTED,
            made_on__gte=first.start,
            made_on__lte=last.end,
        )
        .order_by()
        .values("meeting__community")
        .annotate(all=Count("pk"), out=Count("pk", filter=Q(state=Commitment.State.EXCLUDED)))
    }
    received = Q(
        compound__requests__received_on__gte=first.start, compound__requests__received_on__lte=last.end
    )
    signed = Q(compound__requests__exclusions__state=State.SIGNED)
    asked = {
        row["community"]: row
        for row in CompoundPlacement.objects.on(last.end)
        .filter(received, community__in=ids)
        .order_by()
        .values("community")
        .annotate(
            all=Count("compound__requests", distinct=True),
            out=Count("compound__requests", filter=signed, distinct=True),
        )
    }
    found = []
    for c in communities:
        one, other = promised.get(c.pk, _NONE), asked.get(c.pk, _NONE)
        if one["all"] or other["all"]:
            found.append(Share(c, one["all"], one["out"], other["all"], other["out"]))
    return sorted(found, key=lambda s: (-s.percent, -s.percent_of_requests, s.community.pk))


_NONE = {"all": 0, "out": 0}


def community_of_request(request: ResidentRequest) -> Community:
    """Return the community in which the request's compound lay on the day it was received, or who was named since."""
    if request.keeper is not None:
        return request.keeper
    placement = (
        CompoundPlacement.objects.on(request.received_on)
        .filter(compound=request.compound_id)
        .select_related("community__district")
        .first()
    )
    if placement is None:
        raise Refused(
            _("%(compound)s is in no community on %(day)s. Enter its community first.")
            % {"compound": request.compound, "day": request.received_on},
            code="unplaced",
        )
    return placement.community
