"""Notices to users: at the desk always, by e-mail and through the district's gateway as each user chooses."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from redprop.accounts.models import User
from redprop.areas.models import District, Recorded
from redprop.common.history import tracked
from redprop.common.scope import scope_of


class NoticeKind(models.TextChoices):
    """What a notice is about; each user may mute kinds."""

    COMMITMENT = "commitment", _("promises")
    SUPERVISION = "supervision", _("supervision orders")
    MEETING = "meeting", _("joint meetings")
    REQUEST = "request", _("residents' requests")
    RESULT = "result", _("scores and lists")
    FILE = "file", _("files that are ready")
    DEADLINE = "deadline", _("deadlines")
    FACTS = "facts", _("facts of compounds")
    COMMUNITY_WORK = "work", _("community work")
    PARTY = "party", _("party building")


class Notification(Recorded):
    """One notice to one user: what happened, where to look, by when to act."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notifications", verbose_name=_("user"))
    kind = models.CharField(_("kind"), max_length=20, choices=NoticeKind, default=NoticeKind.COMMITMENT)
    subject = models.CharField(_("what it is about"), max_length=60, blank=True)
    text = models.CharField(_("text"), max_length=300)
    address = models.CharField(_("address of the page"), max_length=300, blank=True)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-recorded_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "subject"],
                condition=Q(read_at__isnull=True) & ~Q(subject=""),
                name="notification_one_unread",
                violation_error_message=_("This notice is still unread."),
            )
        ]
        indexes = [
            models.Index(fields=["user", "-recorded_at"], name="notification_of_user"),
            models.Index(fields=["user"], condition=Q(read_at__isnull=True), name="notification_unread"),
        ]

    def __str__(self) -> str:
        return self.text


class Channel(models.TextChoices):
    """How a notice leaves the portal."""

    EMAIL = "email", _("e-mail")
    GATEWAY = "gateway", _("WeChat or SMS gateway")


class Pace(models.TextChoices):
    """How often a channel is used."""

    OFF = "off", _("not at all")
    AT_ONCE = "at_once", _("at once")
    DAILY = "daily", _("once a day, together")


@tracked()
class NoticeSettings(models.Model):
    """What a user chose; without a row once a day by e-mail, nothing by the gateway."""

    user = models.OneToOneField(User, models.CASCADE, related_name="notice_settings", verbose_name=_("user"))
    email = models.CharField(_("e-mail"), max_length=10, choices=Pace, default=Pace.DAILY)
    gateway = models.CharField(_("WeChat or SMS gateway"), max_length=10, choices=Pace, default=Pace.OFF)
    muted = ArrayField(
        models.CharField(max_length=20, choices=NoticeKind), default=list, blank=True, verbose_name=_("muted")
    )

    class Meta:
        verbose_name = _("choice of notices")
        verbose_name_plural = _("choices of notices")

    def __str__(self) -> str:
        return str(self.user)


class GatewayQuerySet(models.QuerySet["Gateway"]):
    """Queries of gateways."""

    def for_user(self, user: object) -> "GatewayQuerySet":
        """Gateways of the districts the user works in or administers."""
        scope = scope_of(user)
        if scope.everything:
            return self
        return self.filter(district__in=scope.district_ids | scope.administered_ids)


@tracked(exclude=["secret"])
class Gateway(Recorded):
    """The district's one outgoing address; what hangs behind it sends WeChat messages or SMS."""

    district = models.OneToOneField(
        District, models.PROTECT, related_name="gateway", verbose_name=_("district")
    )
    url = models.CharField(_("address"), max_length=300)
    secret = models.CharField(_("secret for signatures (stored encrypted)"), max_length=300)
    is_active = models.BooleanField(_("in use"), default=True)

    objects = GatewayQuerySet.as_manager()

    class Meta:
        verbose_name = _("message gateway")
        verbose_name_plural = _("message gateways")

    def __str__(self) -> str:
        return self.url


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Queries of deliveries."""

    def for_user(self, user: object) -> "DeliveryQuerySet":
        """Deliveries to the accounts that the user keeps, and to the platforms of the districts administered."""
        scope = scope_of(user)
        if scope.everything:
            return self
        return self.filter(
            Q(user__in=User.objects.for_user(user).values("pk"))
            | Q(user__isnull=True, district__in=scope.administered_ids)
        )


class Delivery(Recorded):
    """One message on its way: several notices to one user by one channel, or an event for a connected platform."""

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    user = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, related_name="deliveries", verbose_name=_("user")
    )
    district = models.ForeignKey(
        District, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("district")
    )
    event = models.JSONField(_("event"), null=True, blank=True)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    digest_of = models.DateField(_("daily message of"), null=True, blank=True)
    notices = models.ManyToManyField(Notification, related_name="deliveries", verbose_name=_("notices"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=300, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("message sent out")
        verbose_name_plural = _("messages sent out")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "channel", "digest_of"],
                name="delivery_one_digest_a_day",
                violation_error_message=_("The daily message of this day is already there."),
            ),
            models.CheckConstraint(
                name="delivery_to_somebody",
                condition=Q(user__isnull=False, event__isnull=True)
                | Q(user__isnull=True, event__isnull=False, district__isnull=False, channel="gateway"),
                violation_error_message=_(
                    "A message goes to a user, or as an event to the district's gateway."
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="queued"), name="delivery_queued"),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.district} {self.get_channel_display()}"
