"""Signs PDFs by certificate (PAdES) and checks such a signature.

Key and certificate come from files named in the settings, never from the repository. A demo makes a pair of its
own at its first signature, which says on its face that it is one. The signing library is loaded when it is used.
"""

import datetime as dt
import os
import tempfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.utils.translation import gettext as _

from redprop.common.errors import Refused

FIELD = "Signature"
DEMO_NAME = "演示数据 信用报告演示签章"
DEMO_DAYS = 3650


@dataclass(frozen=True)
class Certificate:
    """The certificate with which papers are signed, as it is published."""

    pem: bytes
    subject: str
    fingerprint: str
    valid_to: dt.datetime


@dataclass(frozen=True)
class Checked:
    """What a look at a signed PDF found. `genuine`: signed with our certificate, and nothing changed since."""

    genuine: bool
    why_not: str
    signer: str = ""
    signed_at: dt.datetime | None = None
    reason: str = ""


def can_sign() -> bool:
    """Whether a certificate is configured (a demo makes its own)."""
    return bool(settings.SIGNING_KEY and settings.SIGNING_CERTIFICATE)


def certificate() -> Certificate | None:
    """Return the certificate to publish, None when none is configured."""
    if not can_sign():
        return None
    _make_in_demo()
    found = x509.load_pem_x509_certificate(Path(settings.SIGNING_CERTIFICATE).read_bytes())
    digest = found.fingerprint(hashes.SHA256()).hex().upper()
    return Certificate(
        found.public_bytes(serialization.Encoding.PEM),
        found.subject.rfc4514_string(),
        ":".join(digest[i : i + 2] for i in range(0, len(digest), 2)),
        found.not_valid_after_utc,
    )


def sign_pdf(content: bytes, *, reason: str) -> bytes:
    """Return the PDF signed; `reason` stands in the signature. Raises Refused when no certificate is configured."""
    if not can_sign():
        raise Refused(
            _("No signing certificate is configured. Set SIGNING_KEY and SIGNING_CERTIFICATE."),
            code="no-certificate",
        )
    _make_in_demo()
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    password = settings.SIGNING_KEY_PASSWORD.encode() or None
    signer = signers.SimpleSigner.load(
        settings.SIGNING_KEY, settings.SIGNING_CERTIFICATE, key_passphrase=password
    )
    if signer is None:
        raise Refused(
            _("The signing key or its certificate cannot be read. Check the files and the password."),
            code="bad-certificate",
        )
    about = signers.PdfSignatureMetadata(
        field_name=FIELD,
        reason=reason,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    return bytes(
        signers.sign_pdf(IncrementalPdfFileWriter(BytesIO(content)), about, signer=signer).getvalue()
    )


def check_pdf(content: bytes, *, pem: bytes) -> Checked:
    """Tell whether the PDF carries an untouched signature of the certificate `pem`; never raises for a bad file."""
    from pyhanko.keys import load_certs_from_pemder_data
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.general import SigningError
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

    try:
        found = PdfFileReader(BytesIO(content)).embedded_signatures
        if not found:
            return Checked(False, _("The file carries no signature."))
        one = found[-1]
        roots = list(load_certs_from_pemder_data(pem))
        context = ValidationContext(trust_roots=roots, allow_fetching=False)
        status = validate_pdf_signature(one, signer_validation_context=context)
    except (
        PdfError,
        SignatureValidationError,
        SigningError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
    ) as error:
        return Checked(False, _("The file is damaged or no signed PDF (%(why)s).") % {"why": error})
    signer = str(status.signing_cert.subject.human_friendly)
    told = {
        "signer": signer,
        "signed_at": one.self_reported_timestamp,
        "reason": str(one.sig_object.get("/Reason", "")),
    }
    if not (status.intact and status.valid) or status.coverage != SignatureCoverageLevel.ENTIRE_FILE:
        return Checked(False, _("The file was changed after it was signed."), **told)
    if not status.trusted:
        return Checked(False, _("The file was signed with another certificate than ours."), **told)
    return Checked(True, "", **told)


def _make_in_demo() -> None:
    """In a demo, make key and certificate at the first use; whoever comes second uses what is there."""
    key_path, path = Path(settings.SIGNING_KEY), Path(settings.SIGNING_CERTIFICATE)
    if not settings.DEMO or path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, DEMO_NAME)])
    usage = dict.fromkeys(
        (
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=DEMO_DAYS))
        .add_extension(x509.KeyUsage(digital_signature=True, content_commitment=True, **usage), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        for target, data in ((key_path, secret), (path, made.public_bytes(serialization.Encoding.PEM))):
            draft = Path(folder) / target.name
            draft.write_bytes(data)
            draft.chmod(0o600)
            try:
                os.link(draft, target)
            except FileExistsError:
                return
