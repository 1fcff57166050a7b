"""Lists on their way to the public: entries in work, releases as frozen copies, objections.

`ListEntry` is the workflow row of one subject in one period. `Release` and `ReleaseEntry` are what
was published, frozen by triggers; a trigger also refuses a black final entry before its window has
ended or with an open objection, and an objection decided by a scorer of the entry.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enterprises.models import Enterprise, ServiceProject
from evaluations.models.cards import ClosingRun
from evaluations.models.periods import EvaluationPeriod
from evaluations.models.querysets import OfDistrictQuerySet, ResultQuerySet
from evaluations.models.severity import Severity
from redprop.accounts.models import User
from redprop.areas.models import District, Recorded
from redprop.common.history import tracked


class Level(models.TextChoices):
    """Whether a project or an enterprise is meant."""

    PROJECT = "project", _("service project")
    ENTERPRISE = "enterprise", _("enterprise")


class Colour(models.TextChoices):
    """The lists, and what is on none of them."""

    RED = "red", _("red list")
    WATCH = "watch", _("key supervision")
    BLACK = "black", _("black list")
    UNDETERMINED = "undetermined", _("undetermined")
    UNLISTED = "unlisted", _("not listed")


NAMED_COLOURS = (Colour.RED, Colour.WATCH, Colour.BLACK)
"""The colours under which a subject is named in public."""


class Place(models.TextChoices):
    """Whether a subject is ranked, and why not."""

    RANKED = "ranked", _("ranked")
    SHORT_SERVICE = "short_service", _("too few days of service")
    FEW_PROJECTS = "few_projects", _("too few projects")
    INCOMPLETE = "incomplete", _("no complete score")
    EXCLUDED = "excluded", _("excluded")


@tracked()
class ListEntry(Recorded):
    """The place of one project or enterprise in one period, from proposal to final."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        CONFIRMED = "confirmed", _("confirmed")
        STRUCK = "struck", _("struck")
        NOTICED = "noticed", _("in public notice")
        HELD = "held", _("held: an objection is open")
        FINAL = "final", _("final")
        EXPIRED = "expired", _("expired")
        REPAIRED = "repaired", _("repaired")
        WITHDRAWN = "withdrawn", _("withdrawn")

    period = models.ForeignKey(
        EvaluationPeriod, models.PROTECT, related_name="entries", verbose_name=_("evaluation period")
    )
    run = models.ForeignKey(ClosingRun, models.PROTECT, related_name="entries", verbose_name=_("closing run"))
    level = models.CharField(_("level"), max_length=10, choices=Level)
    project = models.ForeignKey(
        ServiceProject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="list_entries",
        verbose_name=_("service project"),
    )
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="list_entries", verbose_name=_("enterprise")
    )
    total = models.DecimalField(_("total (points)"), max_digits=10, decimal_places=4, null=True, blank=True)
    band = models.CharField(_("band"), max_length=10, blank=True)
    place = models.CharField(_("ranking"), max_length=15, choices=Place)
    rank = models.PositiveIntegerField(_("rank"), null=True, blank=True)
    ranked = models.PositiveIntegerField(_("of ranked"), default=0)
    projects = models.PositiveIntegerField(_("ranked projects"), default=1)
    colour = models.CharField(_("list"), max_length=12, choices=Colour)
    reasons = models.JSONField(_("reasons"), default=list)
    tail = models.BooleanField(_("among the last"), default=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PROPOSED)
    confirmed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("confirmed by")
    )
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    remark = models.CharField(_("reason given"), max_length=300, blank=True)
    severity = models.CharField(
        _("severity"), max_length=8, choices=Severity, default=Severity.ORDINARY, db_default=Severity.ORDINARY
    )
    notice_starts_on = models.DateField(_("notice from"), null=True, blank=True)
    notice_ends_on = models.DateField(_("notice until (inclusive)"), null=True, blank=True)

    objects = ResultQuerySet.as_manager()

    class Meta:
        verbose_name = _("list entry")
        verbose_name_plural = _("list entries")
        ordering = ["period", "level", "rank", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "project"],
                condition=Q(level="project"),
                name="listentry_project_once",
                violation_error_message=_("This project already has its entry in this period."),
            ),
            models.UniqueConstraint(
                fields=["run", "enterprise"],
                condition=Q(level="enterprise"),
                name="listentry_enterprise_once",
                violation_error_message=_("This enterprise already has its entry in this period."),
            ),
            models.CheckConstraint(
                name="listentry_level_fits",
                condition=Q(level="project", project__isnull=False)
                | Q(level="enterprise", project__isnull=True),
                violation_error_message=_("An entry is either of a project or of a whole enterprise."),
            ),
            models.CheckConstraint(
                name="listentry_black_is_confirmed",
                condition=~Q(colour="black")
                | Q(state__in=["proposed", "struck"])
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                violation_error_message=_("A named person confirms each entry of the black list."),
            ),
            models.CheckConstraint(
                name="listentry_notice_has_window",
                condition=~Q(state__in=["noticed", "held"]) | Q(notice_ends_on__gte=F("notice_starts_on")),
                violation_error_message=_("An entry in public notice needs its window."),
            ),
        ]
        indexes = [
            models.Index(fields=["period", "state"], name="listentry_by_state"),
            models.Index(fields=["project"], name="listentry_by_project"),
        ]

    def __str__(self) -> str:
        return f"{self.project or self.enterprise} {self.get_colour_display()}"

    @property
    def is_named(self) -> bool:
        """Whether it is published under its name."""
        return self.colour in NAMED_COLOURS


@tracked()
class Release(Recorded):
    """A published list: a set of frozen rows with a digest that chains to the release before it."""

    class Kind(models.TextChoices):
        NOTICE = "notice", _("public notice")
        FINAL = "final", _("final list")
        SUPPLEMENT = "supplement", _("supplement")
        CORRECTION = "correction", _("correction")

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        SUPERSEDED = "superseded", _("superseded")

    district = models.ForeignKey(
        District, models.PROTECT, related_name="releases", verbose_name=_("district")
    )
    period = models.ForeignKey(
        EvaluationPeriod, models.PROTECT, related_name="releases", verbose_name=_("evaluation period")
    )
    run = models.ForeignKey(
        ClosingRun, models.PROTECT, related_name="releases", verbose_name=_("closing run")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    sequence = models.PositiveIntegerField(_("sequence"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    published_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("published by")
    )
    window_ends_on = models.DateField(_("objections until (inclusive)"), null=True, blank=True)
    title = models.CharField(_("title"), max_length=150)
    index_number = models.CharField(_("index number"), max_length=40)
    issuer = models.CharField(_("issuer"), max_length=100)
    rubric_label = models.CharField(_("rubric"), max_length=200)
    counts = models.JSONField(_("counts by list"), default=dict)
    left_out = models.JSONField(_("left out, by pseudonym"), default=dict)
    manifest = models.JSONField(_("manifest"), default=dict)
    pseudonym_key = models.CharField(_("key of the pseudonyms"), max_length=64, blank=True, editable=False)
    digest = models.CharField(_("digest"), max_length=64, blank=True)
    previous_digest = models.CharField(_("digest of the preceding release"), max_length=64, blank=True)
    files_published_at = models.DateTimeField(_("files written at"), null=True, blank=True)

    objects = OfDistrictQuerySet.as_manager()

    class Meta:
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        ordering = ["-sequence"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "sequence"],
                name="release_sequence_once",
                violation_error_message=_("Another release has this number."),
            ),
            models.UniqueConstraint(
                fields=["period"],
                condition=Q(kind="final", state="published"),
                name="release_one_final",
                violation_error_message=_("This period already has its final list."),
            ),
            models.CheckConstraint(
                name="release_published_complete",
                condition=Q(state="draft") | (Q(published_at__isnull=False) & ~Q(digest="")),
                violation_error_message=_("A published release needs its time and digest."),
            ),
        ]
        indexes = [
            # read by the sweeper that writes the public files
            models.Index(
                fields=["published_at"],
                condition=Q(files_published_at__isnull=True, state="published"),
                name="release_files_missing",
            )
        ]

    def __str__(self) -> str:
        return self.title


class ReleaseEntry(models.Model):
    """One subject of a release, copied when it was published. Never changed (trigger)."""

    release = models.ForeignKey(Release, models.PROTECT, related_name="entries", verbose_name=_("release"))
    entry = models.ForeignKey(
        ListEntry, models.PROTECT, related_name="published", verbose_name=_("list entry")
    )
    level = models.CharField(_("level"), max_length=10, choices=Level)
    project = models.ForeignKey(
        ServiceProject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="published_entries",
        verbose_name=_("service project"),
    )
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="published_entries", verbose_name=_("enterprise")
    )
    pseudonym = models.CharField(_("pseudonym"), max_length=20)
    colour = models.CharField(_("list"), max_length=12, choices=Colour)
    is_named = models.BooleanField(_("published under its name"))
    total = models.DecimalField(_("total (points)"), max_digits=10, decimal_places=4, null=True)
    band = models.CharField(_("band"), max_length=10, blank=True)
    band_title = models.CharField(_("name of the band"), max_length=30, blank=True)
    place = models.CharField(_("ranking"), max_length=15, choices=Place)
    rank = models.PositiveIntegerField(_("rank"), null=True)
    ranked = models.PositiveIntegerField(_("of ranked"), default=0)
    reasons = models.JSONField(_("reasons"), default=list)
    lines = models.JSONField(_("lines"), default=list)
    project_code = models.CharField(_("project code"), max_length=20, blank=True)
    project_name = models.CharField(_("project name"), max_length=100, blank=True)
    enterprise_name = models.CharField(_("enterprise name"), max_length=100)
    enterprise_uscc = models.CharField(_("unified social credit code"), max_length=18)
    manager_post = models.CharField(_("post of the manager"), max_length=50, blank=True)
    manager_name = models.CharField(_("name of the manager"), max_length=50, blank=True)
    compounds = models.JSONField(_("compounds"), default=list)
    subdistrict_name = models.CharField(_("subdistrict"), max_length=50, blank=True)
    preceding_colour = models.CharField(_("colour in the preceding period"), max_length=12, blank=True)
    notice_starts_on = models.DateField(_("notice from"), null=True)
    notice_ends_on = models.DateField(_("notice until (inclusive)"), null=True)
    salt = models.CharField(_("salt"), max_length=64, blank=True)
    digest = models.CharField(_("digest"), max_length=64, blank=True)

    objects = ResultQuerySet.as_manager()

    class Meta:
        verbose_name = _("published entry")
        verbose_name_plural = _("published entries")
        ordering = ["release", "level", "rank", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["release", "entry"], name="releaseentry_once"),
            models.UniqueConstraint(fields=["release", "pseudonym"], name="releaseentry_pseudonym_once"),
        ]
        indexes = [models.Index(fields=["project"], name="releaseentry_by_project")]

    def __str__(self) -> str:
        return f"{self.project_name or self.enterprise_name} {self.get_colour_display()}"


class ObjectionQuerySet(models.QuerySet["Objection"]):
    """Queries of objections."""

    def for_user(self, user: object) -> "ObjectionQuerySet":
        """Objections to the entries the user may see."""
        return self.filter(entry__in=ListEntry.objects.for_user(user))

    def open(self) -> "ObjectionQuerySet":
        """Objections that are not decided."""
        return self.filter(state__in=[Objection.State.FILED, Objection.State.ADMITTED])


@tracked()
class Objection(Recorded):
    """A challenge to an entry inside its window (异议), by the firm or any resident. The resident is not named."""

    class By(models.TextChoices):
        ENTERPRISE = "enterprise", _("enterprise")
        RESIDENT = "resident", _("resident")

    class State(models.TextChoices):
        FILED = "filed", _("filed")
        ADMITTED = "admitted", _("admitted")
        REFUSED = "refused", _("refused")
        UPHELD = "upheld", _("upheld")
        REJECTED = "rejected", _("rejected")

    code = models.CharField(_("code"), max_length=20, unique=True)
    entry = models.ForeignKey(
        ListEntry, models.PROTECT, related_name="objections", verbose_name=_("list entry")
    )
    by = models.CharField(_("filed by"), max_length=10, choices=By)
    item = models.CharField(_("item"), max_length=30, blank=True)
    text = models.TextField(_("text"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.FILED)
    filed_at = models.DateTimeField(_("filed at"))
    due_on = models.DateField(_("to be decided by"))
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    result = models.TextField(_("result and reasons"), blank=True)

    objects = ObjectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("objection")
        verbose_name_plural = _("objections")
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "by", "item"],
                condition=Q(by="enterprise", state__in=["filed", "admitted", "rejected", "upheld"]),
                name="objection_item_once",
                violation_error_message=_(
                    "The enterprise has already objected to this item; the same item cannot be objected to twice."
                ),
            ),
            models.CheckConstraint(
                name="objection_decided_complete",
                condition=Q(state__in=["filed", "admitted"])
                | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(result="")),
                violation_error_message=_("A decision needs the decider, the time and written reasons."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.entry}"

    @property
    def is_open(self) -> bool:
        """Whether it still waits for a decision."""
        return self.state in (self.State.FILED, self.State.ADMITTED)
