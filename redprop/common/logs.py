"""The log: one JSON object a line, each with the number of its request, none with personal data.

Messages are scrubbed (long numbers, e-mail addresses, values that the database quotes), and a
failed request is named by its route: an address may hold somebody's one-time code.
"""

import datetime as dt
import json
import logging
import os
import re
import traceback
import uuid
from contextvars import ContextVar
from typing import Any

request_id: ContextVar[str] = ContextVar("request id", default="")
"""The number under which a request, and the tasks that it calls for, stand in the log."""

_SHAPE = re.compile(r"[A-Za-z0-9-]{8,64}")
_QUOTED_BY_DATABASE = re.compile(r"\s*\b(DETAIL|CONTEXT|QUERY|STATEMENT|HINT):.*", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.-])\d{7,19}[\dXx]?(?![\w-])")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_OWN = ("view", "method", "status", "ms", "task")
"""What a caller may add by `extra`."""


def new_request_id(given: str = "") -> str:
    """Return the number that a proxy gave, if it looks like one, else a new one."""
    return given if _SHAPE.fullmatch(given) else uuid.uuid4().hex


def scrub(text: str) -> str:
    """Return the text without what may be about a person: long numbers, addresses, rows that PostgreSQL quotes."""
    text = _QUOTED_BY_DATABASE.sub("", text)
    return _MAIL.sub("…@…", _NUMBER.sub("…", text))


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self._message(record),
            "process": os.getpid(),
        }
        if number := request_id.get():
            line["request"] = number
        for name in _OWN:
            if (value := getattr(record, name, None)) is not None:
                line[name] = value
        if record.exc_info and record.exc_info[0]:
            kind, error, frames = record.exc_info
            line["error"] = kind.__name__
            line["told"] = scrub(str(error))[:500]
            line["frames"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(frames)[-12:]
            ]
        return json.dumps(line, ensure_ascii=False, default=str)

    @staticmethod
    def _message(record: logging.LogRecord) -> str:
        request = getattr(record, "request", None)
        if request is not None and record.name.startswith("django."):
            match = getattr(request, "resolver_match", None)
            where = match.route if match else "an unknown address"
            return f"{getattr(record, 'status_code', '')} {request.method} {where}".strip()
        return scrub(record.getMessage())[:2000]
