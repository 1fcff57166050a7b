"""The Atom feed of releases, supplements and corrections, and of withdrawals (which name nobody)."""

import datetime as dt
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from redprop.public import content, wording

MOST = 60


def atom(site: content.Site) -> bytes:
    """Return the feed, newest first. Its entries have lasting ids: a reader shows each once."""
    base = settings.SITE_ADDRESS.rstrip("/")
    host = urlsplit(base).hostname or "localhost"
    shown = site.releases[:MOST]
    parts = []
    for release in shown:
        title = f"{release.period_label} {wording.release_name(release)}"
        gone = sum(e.colour == content.WITHDRAWN for e in (*release.entries, *release.enterprises))
        words = [f"{site.name}，{release.issuer}，{release.index_number}"]
        if release.is_notice and release.window_to:
            words.append(_("Objections until %(day)s") % {"day": wording.day_in_text(release.window_to)})
        if release.note:
            words.append(release.note)
        if gone:
            words.append(
                _(
                    "Entries whose display has ended and that are no longer named: %(count)s. Please remove them from your copies."
                )
                % {"count": gone}
            )
        # an entry that lost names is a new version of itself: readers fetch it again
        tag = f"tag:{host},2026:{site.code}:release:{release.sequence}"
        changed = min(release.rewritten_on or site.today, site.today) if gone else release.published_on
        parts.append(
            f"<entry><id>{tag}</id><title>{escape(title)}</title>"
            f"<link href={quoteattr(base + release.path)}/>"
            f'<link rel="enclosure" type="application/zip" href={quoteattr(f"{base}{release.path}bundle.zip")}/>'
            f"<published>{moment(release.published_on)}</published><updated>{moment(max(changed, release.published_on))}</updated>"
            f"<category term={quoteattr(release.kind)} label={quoteattr(wording.release_name(release))}/>"
            f"<summary>{escape('；'.join(words))}</summary></entry>"
        )
    newest = moment(max((r.published_on for r in shown), default=site.today))
    me = f"{base}/open-data/feed.xml"
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh-Hans">'
        f"<id>tag:{host},2026:{site.code}:releases</id>"
        f"<title>{escape(_('Red and black list of property service'))} · {escape(site.name)}</title>"
        f"<updated>{newest}</updated><author><name>{escape(shown[0].issuer if shown else site.name)}</name></author>"
        f'<link rel="self" type="application/atom+xml" href={quoteattr(me)}/><link href={quoteattr(base + "/")}/>'
        + "".join(parts)
        + "</feed>\n"
    ).encode()


def moment(day: dt.date) -> str:
    """Return the first moment of a day in the district, as Atom wants it."""
    return dt.datetime.combine(day, dt.time(), timezone.get_current_timezone()).isoformat()
