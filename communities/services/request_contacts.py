"""How a resident may be reached: opened by the community for a purpose, erased some time after the request is closed."""

import datetime as dt

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from communities.models import By, RequestContact, RequestStep, ResidentRequest
from communities.services.access import require_secretary
from communities.services.commitments import needed
from communities.services.request_terms import ERASED_AFTER_DAYS, SILENT_DAYS
from communities.services.requests import add_step, community_of, lock_request
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.accounts.services.openings import check_opening
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.secrets import unseal


def open_contact(*, request: ResidentRequest, purpose: str, acting_user: User) -> str:
    """Return how the resident can be reached: for the community only, for a purpose, and written down."""
    purpose = needed(purpose, _("Purpose: say what you call the resident for."), most=200)
    with transaction.atomic(), acting(acting_user, purpose):
        request = lock_request(request)
        require_secretary(acting_user, community_of(request))
        check_opening(purpose=purpose, acting_user=acting_user, least=1)
        contact = RequestContact.objects.filter(request=request).first()
        if contact is None:
            raise Refused(_("No contact was left, or it is erased already."), code="no-contact")
        value = unseal(contact.sealed, about="request-contact")
        add_step(request, RequestStep.Kind.OPENED, By.COMMUNITY, text=purpose, acting_user=acting_user)
    return value


def erase_contacts(*, district: District) -> int:
    """Erase contacts whose request is closed long enough, or whose resident stayed silent after the answer."""
    today = business_today(district)
    closed = today - dt.timedelta(days=ERASED_AFTER_DAYS)
    silent = today - dt.timedelta(days=SILENT_DAYS)
    state = ResidentRequest.State
    over = Q(request__state=state.CONFIRMED, request__closed_on__lte=closed)
    over |= Q(request__joined_to__state=state.CONFIRMED, request__joined_to__closed_on__lte=closed)
    over |= Q(request__state=state.ANSWERED, request__answered_on__lte=silent)
    over |= Q(request__joined_to__state=state.ANSWERED, request__joined_to__answered_on__lte=silent)
    with transaction.atomic(), acting(None, "contacts erased after their time"):
        rows = RequestContact.objects.filter(over, request__compound__district=district)
        return rows.delete()[0]
