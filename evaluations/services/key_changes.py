"""Moves what is encrypted to the newest data key, and changes the key of the keyed hashes while nobody is at work.

Data keys move row by row while the portal runs; a killed run goes on where it was. The hash key changes in one
transaction or not at all, because equal numbers are found by equal hashes.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from communities.models import ResidentRequest
from communities.services.resealing import SEALED, reseal_rows
from evaluations.models import PayeeAccount, PaymentLine, SubsidyExport, SurveyRound
from evaluations.services.payee_accounts import ABOUT as ACCOUNT
from evaluations.services.resealing import reseal_accounts
from redprop.accounts.audit import acting, record
from redprop.accounts.models import SecondFactor
from redprop.accounts.services.second_factor import reseal_keys
from redprop.common.errors import Refused
from redprop.common.secrets import keyed_hash, newest_key, unseal
from redprop.core.models import Person
from redprop.core.services.people import ABOUT as ID_NUMBER

ENCRYPTED: list[tuple[type[models.Model], str]] = [
    *((model, field) for model, field, _about in SEALED),
    (PayeeAccount, "number_cipher"),
    (PaymentLine, "account_cipher"),
    (SecondFactor, "sealed_key"),
]
"""Every column that `seal` wrote."""

HASHED: list[tuple[type[models.Model], str, str, str]] = [
    (Person, "id_number_cipher", "id_number_hash", ID_NUMBER),
    (PayeeAccount, "number_cipher", "number_hash", ACCOUNT),
    (PaymentLine, "account_cipher", "account_hash", ACCOUNT),
]
"""Columns whose hash is made anew from what is encrypted beside it: model, cipher, hash, use."""

LEAST_KEY = 32
BATCH = 2000


def under_keys() -> dict[str, dict[str, int]]:
    """How many values stand under which data key, by table."""
    found: dict[str, dict[str, int]] = {}
    with connection.cursor() as cursor:
        for model, field in ENCRYPTED:
            table = model._meta.db_table
            cursor.execute(
                f"SELECT split_part({field}, ':', 1), count(*) FROM {table} WHERE {field} <> '' GROUP BY 1 ORDER BY 1"
            )
            if rows := dict(cursor.fetchall()):
                found[f"{table}.{field}"] = rows
    return found


def waiting() -> int:
    """How many values stand under another key than the newest."""
    newest = newest_key()
    return sum(count for keys in under_keys().values() for key, count in keys.items() if key != newest)


def rotate(*, progress: Callable[[str, int], None] | None = None) -> dict[str, int]:
    """Encrypt everything under the newest key, row by row; returns how many moved. Safe to kill and to run again."""
    moved: dict[str, int] = {}
    for one in SEALED:
        moved |= reseal_rows([one])
        if progress:
            progress(one[0]._meta.label, moved.get(one[0]._meta.label, 0))
    moved |= reseal_accounts()
    with acting(None, "key rotation"):
        if count := reseal_keys():
            moved["accounts.SecondFactor"] = count
    if progress:
        progress("evaluations", sum(moved.values()))
    return moved


@dataclass
class Rehashed:
    """What a change of the hash key came to."""

    rows: dict[str, int]
    codes_that_end: int


def others_at_work() -> int:
    """How many other sessions the database has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])


def change_hash_key(*, new_key: str, codes_end: bool = False) -> Rehashed:
    """Make every keyed hash anew under `new_key`, in one transaction, while web, workers and beat are stopped.

    Refuses while anybody else is connected, while a survey is open (its letters carry codes that only the old key
    knows), where a value cannot be opened, and where the present HASH_KEY is not the one the hashes were made with.
    """
    if len(new_key) < LEAST_KEY or new_key == settings.HASH_KEY:
        raise Refused(
            _("The new hash key must be another one of %(least)s characters or more.") % {"least": LEAST_KEY},
            code="hash-key",
        )
    with transaction.atomic(durable=True), acting(None, "hash key changed"), connection.cursor() as cursor:
        _refuse_while_at_work()
        tables = [model._meta.db_table for model, *_rest in HASHED]
        cursor.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
        if SurveyRound.objects.filter(state=SurveyRound.State.OPEN).exists():
            raise Refused(
                _("A survey is open: the codes on its letters would end. Change the key after it is closed."),
                code="survey-open",
            )
        open_requests = ResidentRequest.objects.exclude(follow_hash="").exclude(
            state=ResidentRequest.State.CONFIRMED
        )
        codes = open_requests.count()
        if codes and not codes_end:
            raise Refused(
                _(
                    "%(count)s residents follow an open request by a code that ends with the key; their community can give them a new one. Say --codes-end if that is accepted."
                )
                % {"count": codes},
                code="codes-end",
            )
        rows = {}
        for model, cipher, hashed, about in HASHED:
            # frozen lines refuse another account; the number stays the same, only its hash is another
            cursor.execute(f"ALTER TABLE {model._meta.db_table} DISABLE TRIGGER USER")
            rows[model._meta.label] = _rehash(model, cipher, hashed, about, new_key)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {model._meta.db_table} ENABLE TRIGGER USER")
        _refuse_while_at_work()
        record("done", what="hash key changed", tables=rows)
    return Rehashed(rows, codes)


def _refuse_while_at_work() -> None:
    count = others_at_work()
    if count:
        raise Refused(
            _(
                "%(count)s other sessions use the database. Stop web, workers and beat first: while the key changes nobody may look for a number."
            )
            % {"count": count},
            code="not-offline",
        )


def _rehash(model: type[models.Model], cipher: str, hashed: str, about: str, new_key: str) -> int:
    last, count = 0, 0
    while True:
        rows = list(
            model._base_manager.filter(pk__gt=last)
            .exclude(**{cipher: ""})
            .order_by("pk")
            .only("pk", cipher, hashed)[:BATCH]
        )
        if not rows:
            return count
        for row in rows:
            value = unseal(getattr(row, cipher), about=about)
            if keyed_hash(value, about=about) != getattr(row, hashed):
                raise Refused(
                    _(
                        "Row %(number)s of %(table)s was hashed with another key than HASH_KEY. Nothing was changed."
                    )
                    % {"number": row.pk, "table": model._meta.db_table},
                    code="hash-key",
                )
            setattr(row, hashed, keyed_hash(value, about=about, key=new_key))
        model._base_manager.bulk_update(rows, [hashed])
        last, count = rows[-1].pk, count + len(rows)


def sealed_files() -> int:
    """How many bank files are kept encrypted."""
    return SubsidyExport.objects.filter(is_sealed=True).count()
