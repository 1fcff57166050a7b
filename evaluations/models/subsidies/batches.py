"""Subsidy batches (fund × period) with a slice per subdistrict, the log of their steps, and what was exported."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from evaluations.models.subsidies.funds import Fund, OfDistrictQuerySet
from redprop.areas.models import District, Recorded, Subdistrict
from redprop.common.history import tracked
from redprop.common.periods import Period
from redprop.common.scope import scope_of


class BatchState(models.TextChoices):
    """The life of a batch."""

    PREPARED = "prepared", _("prepared")
    FIRST_REVIEWED = "first_reviewed", _("first review done")
    SECOND_REVIEWED = "second_reviewed", _("second review done")
    NOTICED = "noticed", _("under public notice")
    APPROVED = "approved", _("approved")
    EXPORTED = "exported", _("exported")
    RESULTS = "results", _("results of the bank entered")
    SETTLED = "settled", _("settled")
    CANCELLED = "cancelled", _("cancelled")


BATCH_MOVES = {
    BatchState.PREPARED: {BatchState.FIRST_REVIEWED, BatchState.CANCELLED},
    BatchState.FIRST_REVIEWED: {BatchState.SECOND_REVIEWED, BatchState.PREPARED, BatchState.CANCELLED},
    BatchState.SECOND_REVIEWED: {BatchState.NOTICED, BatchState.PREPARED, BatchState.CANCELLED},
    BatchState.NOTICED: {BatchState.APPROVED, BatchState.PREPARED, BatchState.CANCELLED},
    # Approved again when lines were held after the approval: the digest is another one.
    BatchState.APPROVED: {BatchState.APPROVED, BatchState.EXPORTED},
    # Exported again: a new version that voids the one before.
    BatchState.EXPORTED: {BatchState.EXPORTED, BatchState.RESULTS},
    BatchState.RESULTS: {BatchState.RESULTS, BatchState.SETTLED},
    # Banks return money days after they said that it was paid.
    BatchState.SETTLED: {BatchState.RESULTS},
    BatchState.CANCELLED: set(),
}

BEFORE_APPROVAL = [
    BatchState.PREPARED,
    BatchState.FIRST_REVIEWED,
    BatchState.SECOND_REVIEWED,
    BatchState.NOTICED,
]
AFTER_APPROVAL = [BatchState.APPROVED, BatchState.EXPORTED, BatchState.RESULTS, BatchState.SETTLED]


class SliceState(models.TextChoices):
    """The life of a subdistrict's slice of a batch."""

    PREPARED = "prepared", _("waiting for first review")
    REVIEWED = "reviewed", _("first review done")
    RETURNED = "returned", _("returned with a reason")


SLICE_MOVES = {
    SliceState.PREPARED: {SliceState.REVIEWED, SliceState.RETURNED},
    SliceState.REVIEWED: {SliceState.PREPARED, SliceState.RETURNED},
    SliceState.RETURNED: {SliceState.PREPARED},
}


def _user(label, **options):
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=label,
        **options,
    )


def _differ(name, one, other, message):
    return models.CheckConstraint(
        name=name,
        condition=Q(**{f"{one}__isnull": True}) | Q(**{f"{other}__isnull": True}) | ~Q(**{one: F(other)}),
        violation_error_message=message,
    )


class SubsidyBatchQuerySet(OfDistrictQuerySet):
    """Queries of batches."""

    def for_user(self, user: object) -> "SubsidyBatchQuerySet":
        """Batches of the district; for a clerk those with a slice of the own subdistrict."""
        scope = scope_of(user)
        if scope.everything:
            return self
        slices = SubsidySlice.objects.filter(subdistrict__in=scope.subdistrict_ids)
        return self.filter(Q(district__in=scope.district_ids) | Q(pk__in=slices.values("batch")))


@tracked()
class SubsidyBatch(Recorded):
    """The payments of a fund for a period, from preparation to settlement. `services.batches` moves it."""

    State = BatchState

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    fund = models.ForeignKey(Fund, models.PROTECT, related_name="batches", verbose_name=_("fund"))
    period = models.CharField(_("period"), max_length=7)
    sequence = models.PositiveSmallIntegerField(_("number within the period"), default=1)
    number = models.CharField(_("batch number"), max_length=40)
    state = models.CharField(_("state"), max_length=16, choices=BatchState, default=BatchState.PREPARED)
    revision = models.PositiveIntegerField(_("revision"), default=1)
    line_count = models.PositiveIntegerField(_("lines"), default=0)
    total = models.DecimalField(_("total (yuan)"), max_digits=14, decimal_places=2, default=0)
    held_count = models.PositiveIntegerField(_("lines held"), default=0)
    held_total = models.DecimalField(_("held (yuan)"), max_digits=14, decimal_places=2, default=0)
    sample_seed = models.CharField(_("seed of the draw"), max_length=64, blank=True)
    prepared_by = _user(_("prepared by"))
    prepared_at = models.DateTimeField(_("prepared at"), null=True, blank=True)
    second_reviewed_by = _user(_("second review by"))
    second_reviewed_at = models.DateTimeField(_("second review at"), null=True, blank=True)
    noticed_by = _user(_("put up by"))
    noticed_at = models.DateTimeField(_("put up at"), null=True, blank=True)
    notice_ends_on = models.DateField(_("last day of the notice"), null=True, blank=True)
    approved_by = _user(_("approved by"))
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    approved_digest = models.CharField(_("digest approved"), max_length=64, blank=True)
    committed = models.DecimalField(_("committed (yuan)"), max_digits=14, decimal_places=2, default=0)
    exported_at = models.DateTimeField(_("exported at"), null=True, blank=True)
    exported_by = _user(_("exported by"))
    exported_digest = models.CharField(_("digest exported"), max_length=64, blank=True)

    objects = SubsidyBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("subsidy batch")
        verbose_name_plural = _("subsidy batches")
        ordering = ["-pk"]
        permissions = [
            ("prepare_subsidybatch", "Can prepare, return and cancel subsidy batches"),
            ("review_subsidybatch", "Can review subsidy batches"),
            ("notice_subsidybatch", "Can put subsidy batches under notice"),
            ("approve_subsidybatch", "Can approve subsidy batches"),
            ("export_subsidybatch", "Can export subsidy batches"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["fund", "period", "sequence"],
                name="subsidybatch_sequence_once",
                violation_error_message=_("This fund already has a batch with this number for the period."),
            ),
            models.UniqueConstraint(fields=["district", "number"], name="subsidybatch_number_once"),
            models.UniqueConstraint(
                fields=["fund", "period"],
                condition=Q(state__in=BEFORE_APPROVAL),
                name="subsidybatch_one_in_work",
                violation_error_message=_(
                    "A batch of this fund and period is still in work. Finish or cancel that one first."
                ),
            ),
            _differ(
                "subsidybatch_preparer_not_reviewer",
                "prepared_by",
                "second_reviewed_by",
                _("Who prepared a batch cannot review it. Another person must do it."),
            ),
            _differ(
                "subsidybatch_preparer_not_approver",
                "prepared_by",
                "approved_by",
                _("Who prepared a batch cannot approve it. Another person must do it."),
            ),
            _differ(
                "subsidybatch_reviewer_not_approver",
                "second_reviewed_by",
                "approved_by",
                _("Who reviewed a batch cannot approve it. Another person must do it."),
            ),
            models.CheckConstraint(
                name="subsidybatch_steps_complete",
                condition=(Q(state__in=["prepared", "first_reviewed", "cancelled"]))
                | (
                    Q(prepared_by__isnull=False, second_reviewed_by__isnull=False)
                    & (
                        Q(state="second_reviewed")
                        | (
                            Q(noticed_at__isnull=False, notice_ends_on__isnull=False)
                            & (Q(state="noticed") | (Q(approved_by__isnull=False) & ~Q(approved_digest="")))
                        )
                    )
                ),
                violation_error_message=_("A step of this batch is missing."),
            ),
            models.CheckConstraint(
                name="subsidybatch_exports_what_was_approved",
                condition=(Q(exported_digest="") & ~Q(state__in=["exported", "results", "settled"]))
                | Q(exported_digest=F("approved_digest")),
                violation_error_message=_(
                    "The lines are not those that were approved. Have them approved again."
                ),
            ),
            models.CheckConstraint(
                name="subsidybatch_committed_when_approved",
                condition=Q(state__in=AFTER_APPROVAL, committed__gte=0)
                | (~Q(state__in=AFTER_APPROVAL) & Q(committed=0)),
                violation_error_message=_("Only an approved batch has money committed."),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def period_label(self) -> str:
        """The quarter as written in text."""
        return Period.parse(self.period).label_in(get_language() or "zh")


class OfSliceQuerySet(models.QuerySet):
    """Queries of slices."""

    def for_user(self, user: object) -> "OfSliceQuerySet":
        """Slices of the district, or of the clerk's own subdistrict."""
        scope = scope_of(user)
        if scope.everything:
            return self
        return self.filter(
            Q(batch__district__in=scope.district_ids) | Q(subdistrict__in=scope.subdistrict_ids)
        )


@tracked()
class SubsidySlice(Recorded):
    """The lines of a batch that one subdistrict reviews first; without a subdistrict, the organisation department."""

    State = SliceState

    batch = models.ForeignKey(
        SubsidyBatch, models.PROTECT, related_name="slices", verbose_name=_("subsidy batch")
    )
    subdistrict = models.ForeignKey(
        Subdistrict, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("subdistrict")
    )
    state = models.CharField(_("state"), max_length=10, choices=SliceState, default=SliceState.PREPARED)
    line_count = models.PositiveIntegerField(_("lines"), default=0)
    total = models.DecimalField(_("total (yuan)"), max_digits=14, decimal_places=2, default=0)
    prepared_by = _user(_("prepared by"))
    reviewed_by = _user(_("first review by"))
    reviewed_at = models.DateTimeField(_("first review at"), null=True, blank=True)
    return_reason = models.CharField(_("reason of return"), max_length=300, blank=True)

    objects = OfSliceQuerySet.as_manager()

    class Meta:
        verbose_name = _("slice of a subsidy batch")
        verbose_name_plural = _("slices of subsidy batches")
        ordering = ["batch", "subdistrict"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "subdistrict"],
                name="subsidyslice_once",
                nulls_distinct=False,
                violation_error_message=_("This batch already has a slice of this subdistrict."),
            ),
            _differ(
                "subsidyslice_preparer_not_reviewer",
                "prepared_by",
                "reviewed_by",
                _("Who prepared a batch cannot review it. Another person must do it."),
            ),
            models.CheckConstraint(
                name="subsidyslice_reviewed_by_somebody",
                condition=~Q(state="reviewed") | Q(reviewed_by__isnull=False, reviewed_at__isnull=False),
                violation_error_message=_("A reviewed slice names its reviewer."),
            ),
            models.CheckConstraint(
                name="subsidyslice_return_has_reason",
                condition=~Q(state="returned") | ~Q(return_reason=""),
                violation_error_message=_("Say why the slice is returned."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch} {self.subdistrict or ''}".strip()


STEP_LABELS = {
    "prepared": _("prepared"),
    "first_review": _("first review"),
    "slice_returned": _("slice returned"),
    "second_review": _("second review"),
    "returned": _("returned"),
    "notice": _("put under public notice"),
    "hold": _("line held"),
    "release": _("line released"),
    "sample": _("line of the sample checked"),
    "signed": _("approved, further approval needed"),
    "approved": _("approved"),
    "exported": _("exported"),
    "exported_again": _("exported again"),
    "results": _("result of the bank taken in"),
    "retry": _("payment again approved"),
    "written_back": _("written back"),
    "settled": _("settled"),
    "cancelled": _("cancelled"),
}


class SubsidyStep(models.Model):
    """One step of a batch or slice: who, when, why, over which lines. Append-only."""

    batch = models.ForeignKey(
        SubsidyBatch, models.PROTECT, related_name="steps", verbose_name=_("subsidy batch")
    )
    slice = models.ForeignKey(
        SubsidySlice, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("slice")
    )
    step = models.CharField(_("step"), max_length=20)
    user = _user(_("user"))
    at = models.DateTimeField(_("at"))
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    line_count = models.PositiveIntegerField(_("lines"), default=0)
    total = models.DecimalField(_("total (yuan)"), max_digits=14, decimal_places=2, default=0)
    digest = models.CharField(_("digest"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("step of a subsidy batch")
        verbose_name_plural = _("steps of subsidy batches")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.step} {self.at:%Y-%m-%d}"

    @property
    def label(self) -> object:
        """The step in words."""
        return STEP_LABELS.get(self.step, self.step)


class SubsidyExport(models.Model):
    """The two files of an exported batch with their digests and control totals. Append-only."""

    batch = models.ForeignKey(
        SubsidyBatch, models.PROTECT, related_name="exports", verbose_name=_("subsidy batch")
    )
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    lines_digest = models.CharField(_("digest of the lines"), max_length=64)
    roster = models.FileField(_("payment roster"))
    roster_digest = models.CharField(_("digest of the roster"), max_length=64)
    bank_file = models.FileField(_("bank file"))
    bank_digest = models.CharField(_("digest of the bank file"), max_length=64)
    payee_count = models.PositiveIntegerField(_("payees"))
    line_count = models.PositiveIntegerField(_("lines"))
    total = models.DecimalField(_("total (yuan)"), max_digits=14, decimal_places=2)
    is_retry = models.BooleanField(_("payments again only"), default=False)
    is_sealed = models.BooleanField(_("bank file encrypted"), default=False)
    replaces = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
        verbose_name=_("voids the version"),
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    exported_at = models.DateTimeField(_("exported at"))
    exported_by = _user(_("exported by"))

    class Meta:
        verbose_name = _("export of a subsidy batch")
        verbose_name_plural = _("exports of subsidy batches")
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "version"],
                name="subsidyexport_version_once",
                violation_error_message=_("This batch was already exported."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.batch} v{self.version}"
