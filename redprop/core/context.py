"""What every page shows: the district's name and whether the data are a demo."""

from django.conf import settings
from django.http import HttpRequest

from redprop.areas.models import District


def site(request: HttpRequest) -> dict[str, object]:
    """Template variables `site.is_demo`, `site.district` (lazily: pages that do not use it pay no query)."""
    return {"site": Site(request)}


class Site:
    """The site as a page sees it."""

    is_demo = settings.DEMO

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @property
    def district(self) -> District | None:
        """The user's district, or the only one there is."""
        user = getattr(self.request, "user", None)
        if user is not None and user.is_authenticated and user.current_postings:
            return user.current_postings[0].district
        return District.objects.order_by("pk").first()
