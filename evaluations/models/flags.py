"""Rotating red flags (流动红旗): the dated rule, rounds with their candidates, flags held and why they ended.

A flag and its end are append-only rows; a withdrawal is proposed by rule and confirmed by a person. Nothing
here reads petitions or proxy requests.
"""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enterprises.models import Enterprise, ServiceProject
from evaluations.models.findings import Veto
from evaluations.models.periods import EvaluationPeriod
from evaluations.models.querysets import OfDistrictQuerySet, OfPeriodQuerySet, ResultQuerySet
from evaluations.models.releases import ListEntry
from evaluations.models.rubrics import Rubric
from redprop.accounts.models import User
from redprop.areas.models import DatedRow, District, Recorded, Subdistrict, in_order, no_overlap
from redprop.areas.models.dated import DatedQuerySet
from redprop.common.history import tracked
from redprop.common.scope import scope_of


class RankGroup(models.TextChoices):
    """Rank groups of a rubric, when it names them."""

    PROFESSIONAL = "professional", _("professional service")
    OLD = "old", _("old compounds")


class FlagRuleQuerySet(DatedQuerySet, OfDistrictQuerySet):
    """Queries of flag rules."""


@tracked()
class FlagRule(Recorded, DatedRow):
    """How many flags are given where and to whom (流动红旗评定规则), dated and citing its document."""

    class Area(models.TextChoices):
        DISTRICT = "district", _("in the whole district")
        SUBDISTRICT = "subdistrict", _("in each subdistrict")

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    title = models.CharField(_("title"), max_length=100)
    document = models.CharField(_("document number"), max_length=60)
    is_sample = models.BooleanField(_("sample"), default=False)
    period_kind = models.CharField(
        _("for periods of"), max_length=8, choices=Rubric.PeriodKind, default=Rubric.PeriodKind.QUARTER
    )
    area = models.CharField(_("given"), max_length=12, choices=Area, default=Area.DISTRICT)
    by_group = models.BooleanField(_("professional and old compounds apart"), default=False)
    flags = models.PositiveSmallIntegerField(
        _("flags in each"),
        default=1,
        validators=[MinValueValidator(1)],
        help_text=_("For the district, or for each subdistrict; with groups apart, for each group of it."),
    )
    min_total = models.DecimalField(
        _("total at least (points)"), max_digits=8, decimal_places=2, null=True, blank=True
    )
    must_be_red = models.BooleanField(
        _("only from the red list"), default=False, help_text=_("Of the same period's final list.")
    )

    objects = FlagRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("rule of rotating flags")
        verbose_name_plural = _("rules of rotating flags")
        ordering = ["-valid_from", "area", "pk"]
        constraints = [
            in_order("flagrule_in_order"),
            models.CheckConstraint(
                name="flagrule_some_flags",
                condition=Q(flags__gte=1),
                violation_error_message=_("A rule gives at least one flag."),
            ),
            no_overlap(
                "flagrule_no_overlap",
                "district",
                "period_kind",
                "area",
                message=_(
                    "Another rule for the same periods and area is in force on some of these days. End that one first."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title


@tracked()
class FlagRound(Recorded):
    """One round: the flags of one period under one rule. Its candidates are computed, a person decides."""

    class State(models.TextChoices):
        OPEN = "open", _("to be decided")
        CLOSED = "closed", _("decided")

    period = models.ForeignKey(
        EvaluationPeriod, models.PROTECT, related_name="flag_rounds", verbose_name=_("evaluation period")
    )
    rule = models.ForeignKey(
        FlagRule, models.PROTECT, related_name="rounds", verbose_name=_("rule of rotating flags")
    )
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    opened_on = models.DateField(_("opened on"))
    closed_on = models.DateField(_("decided on"), null=True, blank=True)
    closed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )

    objects = OfPeriodQuerySet.as_manager()

    class Meta:
        verbose_name = _("round of rotating flags")
        verbose_name_plural = _("rounds of rotating flags")
        ordering = ["-period__ends_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["period", "rule"],
                name="flaground_once",
                violation_error_message=_("The round of this period under this rule is already open."),
            ),
            models.CheckConstraint(
                name="flaground_closed_by_somebody",
                condition=~Q(state="closed") | Q(closed_on__isnull=False, closed_by__isnull=False),
                violation_error_message=_("A decided round needs its day and who decided."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.rule}"


class InCell(models.Model):
    """Where a flag is given: a subdistrict or the whole district (null), a rank group or all (empty)."""

    subdistrict = models.ForeignKey(
        Subdistrict,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("subdistrict"),
    )
    group = models.CharField(_("rank group"), max_length=15, choices=RankGroup, blank=True)

    class Meta:
        abstract = True

    @property
    def cell(self) -> tuple[int | None, str]:
        """Subdistrict id and group: flags pass on within the same cell."""
        return self.subdistrict_id, self.group

    @property
    def cell_label(self) -> str:
        """The cell in words."""
        words = [str(self.subdistrict) if self.subdistrict_id else str(_("whole district"))]
        return " · ".join([*words, *([str(self.get_group_display())] if self.group else [])])


@tracked()
class FlagCandidate(Recorded, InCell):
    """A project that the rule proposes for a flag, with the reason; awarded, or declined with a reason."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        AWARDED = "awarded", _("awarded")
        DECLINED = "declined", _("declined")

    round = models.ForeignKey(
        FlagRound, models.PROTECT, related_name="candidates", verbose_name=_("round of rotating flags")
    )
    project = models.ForeignKey(
        ServiceProject, models.PROTECT, related_name="+", verbose_name=_("service project")
    )
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="+", verbose_name=_("enterprise"))
    position = models.PositiveSmallIntegerField(_("place in the round"))
    total = models.DecimalField(_("total (points)"), max_digits=10, decimal_places=4)
    rank = models.PositiveIntegerField(_("rank on the list"), null=True, blank=True)
    compounds = models.JSONField(_("compounds"), default=list)
    holds_since = models.DateField(_("holds a flag since"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.PROPOSED)
    remark = models.CharField(_("reason given"), max_length=300, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_on = models.DateField(_("decided on"), null=True, blank=True)

    objects = ResultQuerySet.as_manager()

    class Meta:
        verbose_name = _("candidate for a rotating flag")
        verbose_name_plural = _("candidates for rotating flags")
        ordering = ["round", "subdistrict", "group", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "project"],
                name="flagcandidate_once",
                violation_error_message=_("This project is already a candidate of this round."),
            ),
            models.CheckConstraint(
                name="flagcandidate_decided_complete",
                condition=Q(state="proposed") | Q(decided_by__isnull=False, decided_on__isnull=False),
                violation_error_message=_("A decision needs its day and who decided."),
            ),
            models.CheckConstraint(
                name="flagcandidate_declined_with_reason",
                condition=~Q(state="declined") | ~Q(remark=""),
                violation_error_message=_("Say why this candidate gets no flag."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project} {self.get_state_display()}"


class FlagQuerySet(ResultQuerySet):
    """Queries of flags."""

    def held(self) -> "FlagQuerySet":
        """Flags that still hang."""
        return self.filter(end__isnull=True)


class RotatingFlag(Recorded, InCell):
    """A flag as it was awarded (流动红旗): to whom, when, and which flag it was passed on from. Append-only."""

    district = models.ForeignKey(
        District, models.PROTECT, related_name="rotating_flags", verbose_name=_("district")
    )
    number = models.CharField(_("number"), max_length=30)
    period_code = models.CharField(_("period"), max_length=7)
    candidate = models.OneToOneField(
        FlagCandidate,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="flag",
        verbose_name=_("candidate for a rotating flag"),
    )
    project = models.ForeignKey(
        ServiceProject, models.PROTECT, related_name="rotating_flags", verbose_name=_("service project")
    )
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="rotating_flags", verbose_name=_("enterprise")
    )
    compounds = models.JSONField(_("compounds"), default=list, blank=True)
    awarded_on = models.DateField(_("awarded on"))
    awarded_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("awarded by")
    )
    passed_from = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="passed_to",
        verbose_name=_("passed on from"),
    )
    reason = models.CharField(_("awarded for"), max_length=300)

    objects = FlagQuerySet.as_manager()

    class Meta:
        verbose_name = _("rotating flag")
        verbose_name_plural = _("rotating flags")
        ordering = ["-awarded_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "number"],
                name="rotatingflag_number_once",
                violation_error_message=_("A flag with this number is already recorded."),
            ),
        ]
        indexes = [
            models.Index(fields=["project"], name="rotatingflag_by_project"),
            models.Index(fields=["district", "awarded_on"], name="rotatingflag_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.project}"


class FlagEnd(Recorded):
    """Why a flag no longer hangs: kept by a new award, passed on, taken back, withdrawn. Append-only."""

    class Reason(models.TextChoices):
        KEPT = "kept", _("awarded again to the same project")
        PASSED_ON = "passed_on", _("passed on")
        RETURNED = "returned", _("returned at the end of the round")
        WITHDRAWN = "withdrawn", _("withdrawn")

    flag = models.OneToOneField(
        RotatingFlag, models.PROTECT, related_name="end", verbose_name=_("rotating flag")
    )
    ended_on = models.DateField(_("no longer hangs from"))
    reason = models.CharField(_("reason"), max_length=10, choices=Reason)
    words = models.CharField(_("reason in words"), max_length=300)

    class Meta:
        verbose_name = _("end of a rotating flag")
        verbose_name_plural = _("ends of rotating flags")
        constraints = [
            models.CheckConstraint(
                name="flagend_has_words",
                condition=~Q(words=""),
                violation_error_message=_("Say why the flag no longer hangs."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.flag.number} {self.get_reason_display()}"


class OfFlagQuerySet(models.QuerySet):
    """Queries of rows that belong to a flag."""

    def for_user(self, user: object) -> "OfFlagQuerySet":
        """Rows of the flags the user may see."""
        if scope_of(user).everything:
            return self
        return self.filter(flag__in=RotatingFlag.objects.for_user(user))


@tracked()
class FlagWithdrawal(Recorded):
    """A proposal by rule to withdraw a flag, after a veto or a final black; confirmed or dismissed by a person."""

    class Ground(models.TextChoices):
        VETO = "veto", _("veto")
        BLACK = "black", _("final black list")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        CONFIRMED = "confirmed", _("confirmed: the flag is withdrawn")
        DISMISSED = "dismissed", _("dismissed: the flag stays")

    flag = models.ForeignKey(
        RotatingFlag, models.PROTECT, related_name="withdrawals", verbose_name=_("rotating flag")
    )
    ground = models.CharField(_("ground"), max_length=5, choices=Ground)
    veto = models.ForeignKey(
        Veto, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("veto")
    )
    entry = models.ForeignKey(
        ListEntry, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("list entry")
    )
    proposed_on = models.DateField(_("proposed on"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.PROPOSED)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    result = models.CharField(_("reasons"), max_length=300, blank=True)

    objects = OfFlagQuerySet.as_manager()

    class Meta:
        verbose_name = _("withdrawal of a rotating flag")
        verbose_name_plural = _("withdrawals of rotating flags")
        ordering = ["-proposed_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["flag", "veto"],
                condition=Q(veto__isnull=False),
                name="flagwithdrawal_veto_once",
                violation_error_message=_("This ground was already proposed for this flag."),
            ),
            models.UniqueConstraint(
                fields=["flag", "entry"],
                condition=Q(entry__isnull=False),
                name="flagwithdrawal_entry_once",
                violation_error_message=_("This ground was already proposed for this flag."),
            ),
            models.CheckConstraint(
                name="flagwithdrawal_one_ground",
                condition=Q(ground="veto", veto__isnull=False, entry__isnull=True)
                | Q(ground="black", veto__isnull=True, entry__isnull=False),
                violation_error_message=_("A withdrawal names the veto or the entry behind it."),
            ),
            models.CheckConstraint(
                name="flagwithdrawal_decided_complete",
                condition=Q(state="proposed")
                | (Q(decided_by__isnull=False, decided_on__gte=F("proposed_on")) & ~Q(result="")),
                violation_error_message=_("A decision needs its day, who decided and the reasons."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.flag} {self.get_ground_display()}"
