"""The right of reply: an enterprise's own words beside its published entry, shown with the next public files."""

from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.models import NAMED_COLOURS, EntryReply, ListEntry, Release
from evaluations.services.objections import lock_entry, require_firm
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers
from redprop.common.queue import send_on_commit

LONGEST = 500
"""Characters: what fits beside an entry on a phone."""

PUBLIC = (ListEntry.State.NOTICED, ListEntry.State.HELD, ListEntry.State.FINAL)


def add_reply(*, entry: ListEntry, text: str, acting_user: User | None) -> EntryReply:
    """Put the enterprise's reply beside its entry; a former one is kept but no longer shown.

    Raises Refused for anybody but the contact, an entry that is not shown in public, and personal numbers.
    """
    text = text.strip()
    require_firm(acting_user, entry)
    if not text:
        raise Refused(_("Write the reply."), code="text-missing", field="text")
    if len(text) > LONGEST:
        raise Refused(
            _("The reply has %(length)s characters; at most %(most)s stand beside an entry. Shorten it.")
            % {"length": len(text), "most": LONGEST},
            code="too-long",
            field="text",
        )
    refuse_personal_numbers(text, field=_("reply"))
    with transaction.atomic(), acting(acting_user, "reply to entry"):
        entry = lock_entry(entry.pk)
        if entry.state not in PUBLIC or entry.colour not in NAMED_COLOURS:
            raise Refused(
                _("%(entry)s is not shown in public (any more), so there is nothing to reply to.")
                % {"entry": entry},
                code="not-public",
            )
        standing = entry.replies.filter(replaced_at__isnull=True).first()
        if standing is not None and standing.text == text:
            return standing
        now = business_now(entry.period.district)
        _put_aside(entry, now)
        reply = EntryReply.objects.create(
            entry=entry, text=text, recorded_at=now, recorded_by=str(acting_user or "")
        )
        write_pages_anew(entry)
    return reply


def take_back_reply(*, entry: ListEntry, acting_user: User | None) -> None:
    """Take the standing reply out of the public pages; it is kept. Raises Refused when none stands."""
    require_firm(acting_user, entry)
    with transaction.atomic(), acting(acting_user, "take back reply"):
        entry = lock_entry(entry.pk)
        if not _put_aside(entry, business_now(entry.period.district)):
            raise Refused(_("No reply stands beside %(entry)s.") % {"entry": entry}, code="no-reply")
        write_pages_anew(entry)


def _put_aside(entry: ListEntry, now: object) -> int:
    return entry.replies.filter(replaced_at__isnull=True).update(replaced_at=now)


def write_pages_anew(*entries: ListEntry) -> None:
    """Have the public files of every release in which the entries stand written anew after commit."""
    releases = Release.objects.filter(entries__entry__in=entries).distinct().order_by("sequence")
    stale = list(releases.values_list("pk", flat=True))
    Release.objects.filter(pk__in=stale).update(files_published_at=None)
    if stale:
        send_on_commit("redprop.public.tasks.publish_release", stale[-1])
