"""Residents' requests (居民诉求): what was asked, where, and when it was answered. No resident is named.

Beside the request: its steps, photos, the contact a resident chose to leave, and by when requests are answered.
"""

import datetime as dt

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.utils.translation import gettext_lazy as _

from communities.models.compounds import Compound
from communities.models.contracts import ServiceAssignment
from communities.models.meetings import Commitment
from enterprises.models.enterprises import contact_enterprises
from redprop.areas.models import Community, DatedQuerySet, DatedRow, District, Recorded, in_order, no_overlap
from redprop.common.history import tracked
from redprop.common.scope import scope_of
from redprop.core.models import Attachment


def _serving_when_received(outer: str = "") -> models.QuerySet[ServiceAssignment]:
    """Assignments in force on the day a request was received, for the compound it is about."""
    return ServiceAssignment.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=OuterRef(f"{outer}received_on")),
        compound=OuterRef(f"{outer}compound"),
        valid_from__lte=OuterRef(f"{outer}received_on"),
    )


class ResidentRequestQuerySet(models.QuerySet["ResidentRequest"]):
    """Queries of residents' requests."""

    def for_user(self, user: object) -> "ResidentRequestQuerySet":
        """Requests from the compounds of the user's areas; for a contact those given to the enterprise's projects."""
        scope = scope_of(user)
        if scope.everything:
            return self
        if scope.only_districts:
            return self.filter(compound__district__in=scope.district_ids)
        own = (
            Q(compound__in=Compound.objects.in_areas_of(scope).values("pk"))
            | Q(keeper__in=scope.community_ids)
            | Q(keeper__subdistrict__in=scope.subdistrict_ids)
        )
        if scope.user_id is None or not contact_enterprises(scope.user_id).exists():
            return self.none() if scope.is_empty else self.filter(own)
        given = _serving_when_received().filter(
            contract__project__enterprise__in=contact_enterprises(scope.user_id)
        )
        return self.filter(own | (Q(Exists(given), is_for_the_enterprise=True) & ~Q(state="received")))

    def of_enterprises(self, enterprise_ids: object) -> "ResidentRequestQuerySet":
        """Requests given to projects of these enterprises."""
        given = _serving_when_received().filter(contract__project__enterprise__in=enterprise_ids)
        return self.filter(Exists(given), is_for_the_enterprise=True).exclude(state="received")

    def in_communities(self, community_ids: object, day: dt.date) -> "ResidentRequestQuerySet":
        """Requests about compounds that lie in these communities on `day`, unless another was named; or given to them."""
        placed = Compound.placed_in(community_ids, day)
        return self.filter(
            Q(keeper__in=community_ids)
            | Q(Exists(placed.filter(compound=OuterRef("compound"))), keeper__isnull=True)
        )

    def with_project(self) -> "ResidentRequestQuerySet":
        """Adds `project_id` and `project_name`: who served the compound on the day of the request."""
        serving = _serving_when_received()
        return self.annotate(
            project_id=Subquery(serving.values("contract__project")[:1]),
            project_name=Subquery(serving.values("contract__project__name")[:1]),
            enterprise_id=Subquery(serving.values("contract__project__enterprise")[:1]),
        )

    def silent(self, day: dt.date) -> "ResidentRequestQuerySet":
        """Answered requests whose resident has said nothing for `SILENT_AFTER_DAYS` days: answered, never confirmed."""
        return self.filter(_silent_on(day))

    def with_silence(self, day: dt.date) -> "ResidentRequestQuerySet":
        """Adds `is_silent`."""
        return self.annotate(is_silent=Case(When(_silent_on(day), then=Value(True)), default=Value(False)))


SILENT_AFTER_DAYS = 14
"""Days after the last answer from which a resident's silence is shown (sample value)."""


def _silent_on(day: dt.date) -> Q:
    last = day - dt.timedelta(days=SILENT_AFTER_DAYS)
    newer = RequestStep.objects.filter(request=OuterRef("pk"), kind="answered", at__date__gt=last)
    return Q(state="answered", answered_on__lte=last) & ~Exists(newer)


class Urgency(models.TextChoices):
    """How soon a request is answered."""

    EMERGENCY = "emergency", _("emergency")
    URGENT = "urgent", _("urgent")
    ORDINARY = "ordinary", _("ordinary")


@tracked(exclude=["text", "answer", "follow_hash"])
class ResidentRequest(Recorded):
    """One request of a resident about a compound. The resident follows it by its code."""

    class Source(models.TextChoices):
        VISIT = "visit", _("home visit")
        CALL = "call", _("call")
        QR_PAGE = "qr_page", _("compound's QR page")
        MEETING = "meeting", _("meeting")
        PLATFORM = "platform", _("district platform")

    class Category(models.TextChoices):
        CLEANING = "cleaning", _("cleaning")
        SECURITY = "security", _("security")
        GREENING = "greening", _("greening")
        REPAIR = "repair", _("repair")
        ORDER = "order", _("order and parking")
        FEES = "fees", _("fees")
        OTHER = "other", _("other")

    class State(models.TextChoices):
        RECEIVED = "received", _("received")
        ASSIGNED = "assigned", _("assigned")
        ANSWERED = "answered", _("answered")
        CONFIRMED = "confirmed", _("confirmed by the resident")
        REOPENED = "reopened", _("reopened")
        DUPLICATE = "duplicate", _("joined to another")

    code = models.CharField(_("code"), max_length=20, unique=True)
    compound = models.ForeignKey(
        Compound, models.PROTECT, related_name="requests", verbose_name=_("compound")
    )
    keeper = models.ForeignKey(
        Community,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("kept by"),
        help_text=_(
            "Who follows it up when not the community of its compound: named when one was dissolved."
        ),
    )
    commitment = models.ForeignKey(
        Commitment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="requests",
        verbose_name=_("commitment"),
    )
    source = models.CharField(_("source"), max_length=10, choices=Source)
    category = models.CharField(_("category"), max_length=10, choices=Category)
    urgency = models.CharField(_("urgency"), max_length=10, choices=Urgency, default=Urgency.ORDINARY)
    is_for_the_enterprise = models.BooleanField(_("for the property enterprise"), default=True)
    text = models.TextField(_("text"))
    received_on = models.DateField(_("received on"))
    due_on = models.DateField(_("to be answered by"))
    assigned_on = models.DateField(_("assigned on"), null=True, blank=True)
    answered_on = models.DateField(_("answered on"), null=True, blank=True)
    answer = models.TextField(_("answer"), blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RECEIVED)

    times_reopened = models.PositiveSmallIntegerField(_("times reopened"), default=0)
    joined_to = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="duplicates",
        verbose_name=_("joined to"),
    )
    follow_hash = models.CharField(
        _("hash of the resident's code"), max_length=64, null=True, unique=True, editable=False
    )
    client = models.CharField(_("connected platform"), max_length=40, blank=True, editable=False)

    objects = ResidentRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("resident request")
        verbose_name_plural = _("resident requests")
        ordering = ["-received_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="residentrequest_in_order",
                condition=Q(due_on__gte=F("received_on"))
                & (Q(answered_on__isnull=True) | Q(answered_on__gte=F("received_on"))),
                violation_error_message=_("A request cannot be due or answered before it was received."),
            ),
            models.CheckConstraint(
                name="residentrequest_joined_is_duplicate",
                condition=Q(joined_to__isnull=True) | Q(state="duplicate"),
                violation_error_message=_("Only a duplicate is joined to another request."),
            ),
            models.CheckConstraint(
                name="residentrequest_closed_by_day",
                condition=~Q(state="confirmed") | Q(closed_on__isnull=False),
                violation_error_message=_("A closed request needs its day."),
            ),
        ]
        indexes = [
            models.Index(fields=["received_on"], name="residentrequest_received"),
            models.Index(fields=["compound", "received_on"], name="residentrequest_by_compound"),
            # the ledger's first view: what is open, by due date
            models.Index(
                fields=["due_on"],
                condition=Q(state__in=["received", "assigned", "reopened"]),
                name="residentrequest_open",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_open(self) -> bool:
        """Whether an answer is still owed."""
        return self.state in (self.State.RECEIVED, self.State.ASSIGNED, self.State.REOPENED)


class OfRequestQuerySet(models.QuerySet):
    """Queries of rows that belong to a request."""

    def for_user(self, user: object) -> "OfRequestQuerySet":
        """Rows of the requests the user may see."""
        if scope_of(user).everything:
            return self
        return self.filter(request__in=ResidentRequest.objects.for_user(user).values("pk"))


class By(models.TextChoices):
    """Whose step it was."""

    RESIDENT = "resident", _("the resident")
    COMMUNITY = "community", _("the community")
    ENTERPRISE = "enterprise", _("the enterprise")
    PLATFORM = "platform", _("the connected platform")


class RequestStep(Recorded):
    """One step on a request's way. Append-only; never holds a number or a name of the resident."""

    class Kind(models.TextChoices):
        RECEIVED = "received", _("received")
        ASSIGNED = "assigned", _("assigned")
        RETURNED = "returned", _("returned to the community")
        ANSWERED = "answered", _("answered")
        CONFIRMED = "confirmed", _("confirmed by the resident")
        REOPENED = "reopened", _("not fixed")
        ADDED = "added", _("words added")
        JOINED = "joined", _("joined to another")
        CODED = "coded", _("new code given")
        OPENED = "opened", _("contact opened")

    request = models.ForeignKey(
        ResidentRequest, models.PROTECT, related_name="steps", verbose_name=_("resident request")
    )
    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("step"), max_length=10, choices=Kind)
    by = models.CharField(_("by"), max_length=10, choices=By)
    text = models.TextField(_("text"), blank=True)

    objects = OfRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("step of a request")
        verbose_name_plural = _("steps of requests")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.request} {self.get_kind_display()}"

    @property
    def is_public(self) -> bool:
        """Whether the resident sees the words of the step."""
        kind = self.Kind
        return self.kind in (kind.RECEIVED, kind.ANSWERED, kind.REOPENED, kind.ADDED, kind.CONFIRMED)


@tracked()
class RequestPhoto(Recorded):
    """A photo of the problem or of what was done; shown to the public only when a clerk has looked at it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("to be checked")
        SHOWN = "shown", _("may be shown")
        KEPT_BACK = "kept_back", _("kept back")

    request = models.ForeignKey(
        ResidentRequest, models.PROTECT, related_name="photos", verbose_name=_("resident request")
    )
    attachment = models.ForeignKey(Attachment, models.PROTECT, related_name="+", verbose_name=_("attachment"))
    by = models.CharField(_("by"), max_length=10, choices=By)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=150, blank=True)

    objects = OfRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("photo of a request")
        verbose_name_plural = _("photos of requests")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="requestphoto_decided_dated",
                condition=Q(state="waiting") | Q(decided_at__isnull=False),
                violation_error_message=_("A decision needs its time."),
            )
        ]
        indexes = [
            models.Index(fields=["request"], condition=Q(state="waiting"), name="requestphoto_waiting"),
        ]

    def __str__(self) -> str:
        return str(self.attachment)


class RequestContact(Recorded):
    """How the resident may be reached, if one chose to say so: encrypted, and erased after the request is closed."""

    request = models.OneToOneField(
        ResidentRequest, models.PROTECT, related_name="contact", verbose_name=_("resident request")
    )
    sealed = models.CharField(_("contact (stored encrypted)"), max_length=400)

    objects = OfRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact of a resident")
        verbose_name_plural = _("contacts of residents")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.request)


class RequestTermQuerySet(DatedQuerySet):
    """Queries of a district's terms."""

    def for_user(self, user: object) -> "RequestTermQuerySet":
        """Terms of the districts the user is posted to as a whole."""
        scope = scope_of(user)
        return self if scope.everything else self.filter(district__in=scope.district_ids)


@tracked()
class RequestTerm(DatedRow, Recorded):
    """Within how many working days requests of an urgency, and perhaps of one category, are answered."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    category = models.CharField(
        _("category"),
        max_length=10,
        choices=ResidentRequest.Category,
        blank=True,
        help_text=_("Left empty, it holds for every category without a term of its own."),
    )
    urgency = models.CharField(_("urgency"), max_length=10, choices=Urgency)
    workdays = models.PositiveSmallIntegerField(_("working days to answer"))
    document = models.CharField(_("document number"), max_length=100, blank=True)

    objects = RequestTermQuerySet.as_manager()

    class Meta:
        verbose_name = _("term of answer")
        verbose_name_plural = _("terms of answer")
        ordering = ["urgency", "category", "valid_from"]
        constraints = [
            no_overlap(
                "requestterm_one_a_day",
                "district",
                "category",
                "urgency",
                message=_(
                    "Another term of this urgency and category is in force on these days. End that one first."
                ),
            ),
            in_order("requestterm_in_order"),
            models.CheckConstraint(
                name="requestterm_some_days",
                condition=Q(workdays__gte=1, workdays__lte=60),
                violation_error_message=_("Between 1 and 60 working days."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_urgency_display()} {self.workdays}"
