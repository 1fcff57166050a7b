"""After a new data key was put first in DATA_KEYS: what is stored encrypted moves to it row by row, every night.

Once a night has passed without a row left under an old key, that key may go from the server.
"""

import logging
from collections.abc import Sequence

from django.db import models, transaction

from communities.models import (
    HouseholdHelp,
    InterfaceCall,
    InterfaceKey,
    ProxyHandling,
    ProxyStep,
    RequestContact,
)
from redprop.accounts.audit import acting
from redprop.common.errors import Refused
from redprop.common.secrets import needs_new_key, newest_key, seal, unseal
from redprop.core.models import Gateway, Person

log = logging.getLogger(__name__)

SEALED: list[tuple[type[models.Model], str, str]] = [
    (Person, "id_number_cipher", "person-id-number"),
    (Gateway, "secret", "message-gateway"),
    (InterfaceKey, "secret", "interface-key"),
    (InterfaceCall, "answer", "interface-answer"),
    (RequestContact, "sealed", "request-contact"),
    (HouseholdHelp, "sign_cipher", "household-help-sign"),
    (ProxyHandling, "sign_cipher", "proxy-handling"),
    (ProxyHandling, "matter_cipher", "proxy-handling"),
    (ProxyStep, "text_cipher", "proxy-handling"),
]
"""Model, field and use (`about`) of everything that `seal` wrote."""


def reseal_rows(sealed: Sequence[tuple[type[models.Model], str, str]] = tuple(SEALED)) -> dict[str, int]:
    """Encrypt under the newest key what is under another; returns how many rows moved, by model.

    A row that cannot be opened (its key is missing) stays as it is and is told of in the log, without its content.
    """
    moved: dict[str, int] = {}
    for model, name, about in sealed:
        label = model._meta.label
        waiting = (
            model._base_manager.exclude(**{name: ""})
            .exclude(**{f"{name}__startswith": f"{newest_key()}:"})
            .order_by("pk")
        )
        for pk in list(waiting.values_list("pk", flat=True)):
            try:
                moved[label] = moved.get(label, 0) + _reseal(model, name, about, pk)
            except Refused as refused:
                log.error("%s %s was not encrypted anew: %s", label, pk, refused)
    return {label: count for label, count in moved.items() if count}


def _reseal(model: type[models.Model], name: str, about: str, pk: int) -> int:
    with transaction.atomic(), acting(None, "key rotation"):
        row = model._base_manager.select_for_update(of=("self",)).filter(pk=pk).first()
        text = getattr(row, name, "")
        if not text or not needs_new_key(text):
            return 0
        setattr(row, name, seal(unseal(text, about=about), about=about))
        row.save(update_fields=[name])  # type: ignore[union-attr]
    return 1
