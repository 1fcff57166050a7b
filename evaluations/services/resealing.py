"""Account numbers and bank files move to the newest data key: rows one by one, files whole or not at all."""

import logging

from communities.services.resealing import reseal_rows
from evaluations.models import PayeeAccount, PaymentLine, SubsidyExport
from evaluations.services.exports import store_whole
from evaluations.subsidies.files import ABOUT
from evaluations.subsidies.selectors import BANK_FILE, bank_content
from redprop.common.errors import Refused
from redprop.common.secrets import needs_new_key, seal

log = logging.getLogger(__name__)


def reseal_accounts() -> dict[str, int]:
    """Encrypt accounts, the copies in lines and bank files under the newest key; returns how many moved.

    What cannot be opened (its key is missing, the file is gone) stays as it is and is told of in the log.
    """
    moved = reseal_rows([(PayeeAccount, "number_cipher", ABOUT), (PaymentLine, "account_cipher", ABOUT)])
    files = 0
    for export in SubsidyExport.objects.filter(is_sealed=True).order_by("pk"):
        try:
            with export.bank_file.open("rb") as file:
                is_old = needs_new_key(file.read(60).decode())
            if is_old:
                store_whole(
                    export.bank_file.name, seal(bank_content(export).decode(), about=BANK_FILE).encode()
                )
                files += 1
        except (OSError, Refused) as error:
            log.error("The bank file of export %s was not encrypted anew: %s", export.pk, error)
    return {**moved, "files": files} if files else moved
