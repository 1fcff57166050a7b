"""The audit trail: sealed every ten minutes, whole months forgotten after their time, verified every night."""

import logging

from celery import shared_task

from redprop.accounts.audit import acting, record
from redprop.core.services.audit_blocks import forget, seal
from redprop.core.services.audit_verifying import verify

log = logging.getLogger("redprop.audit")


@shared_task(name="redprop.core.tasks.seal_audit")
def seal_audit() -> None:
    """Seal what is not sealed yet. Safe to run twice."""
    seal()


@shared_task(name="redprop.core.tasks.forget_audit")
def forget_audit() -> None:
    """Delete the lines of months past their time. Safe to run twice."""
    forget()


@shared_task(name="redprop.core.tasks.verify_audit")
def verify_audit() -> None:
    """Compare the trail with its digests; what does not agree goes into the log and into the trail itself."""
    told = verify()
    for finding in told.findings[:100]:
        log.error("audit trail: %s", finding.text)
    with acting(None, "verify_audit"):
        record("done", what="verify_audit", findings=len(told.findings), head=told.head)
