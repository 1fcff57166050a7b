"""Values kept encrypted in the database: ID numbers and bank accounts.

`seal` and `unseal` use AES-GCM under one of DATA_KEYS (newest first; the key's id stands in the
stored text, so that rows can move to a new key one by one). `keyed_hash` uses HASH_KEY, which is
another key: it finds equal numbers without opening any.
"""

import base64
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from redprop.common.errors import Refused

_NONCE = 12


def _keys() -> dict[str, bytes]:
    keys = {}
    for entry in settings.DATA_KEYS:
        name, _sep, text = entry.partition(":")
        try:
            key = base64.b64decode(text, validate=True)
        except ValueError:
            key = b""
        if not name or len(key) != 32:
            raise ImproperlyConfigured(
                f"DATA_KEYS: the key “{name}” is not `id:base64 of 32 bytes`. See .env.example."
            )
        keys[name] = key
    if not keys:
        raise ImproperlyConfigured("DATA_KEYS is not set: ID numbers and accounts cannot be stored.")
    return keys


def seal(value: str, *, about: str) -> str:
    """Return `value` encrypted under the newest key; `about` binds it to its use ("person-id-number")."""
    name, key = next(iter(_keys().items()))
    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(key).encrypt(nonce, value.encode(), about.encode())
    return f"{name}:{base64.b64encode(nonce + sealed).decode()}"


def unseal(text: str, *, about: str) -> str:
    """Return the value; raises Refused when its key is missing or the text was tampered with."""
    name, _sep, body = text.partition(":")
    key = _keys().get(name)
    if key is None:
        raise Refused(
            _("This value was encrypted with the key “%(key)s”, which this server does not have.")
            % {"key": name},
            code="data-key",
        )
    try:
        raw = base64.b64decode(body, validate=True)
        return AESGCM(key).decrypt(raw[:_NONCE], raw[_NONCE:], about.encode()).decode()
    except (ValueError, InvalidTag):
        raise Refused(
            _("This value cannot be decrypted: it was changed outside the portal."), code="data-damaged"
        ) from None


def needs_new_key(text: str) -> bool:
    """Tell whether `text` was sealed under another key than the newest."""
    return text.partition(":")[0] != newest_key()


def newest_key() -> str:
    """The id of the key that `seal` uses."""
    return next(iter(_keys()))


def keyed_hash(value: str, *, about: str, key: str = "") -> str:
    """Return the hash under HASH_KEY (or `key`) by which equal values are found (64 hexadecimal digits)."""
    if not settings.HASH_KEY:
        raise ImproperlyConfigured("HASH_KEY is not set: ID numbers and accounts cannot be matched.")
    return hmac.new(
        (key or settings.HASH_KEY).encode(), f"{about}:{value}".encode(), hashlib.sha256
    ).hexdigest()
