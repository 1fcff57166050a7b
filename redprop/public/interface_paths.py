"""How the signed calls of residents' platforms stand in the OpenAPI document. They are carried out in `interface`."""

from typing import Any

from django.utils.translation import gettext as _

from communities.models import ResidentRequest, Urgency

SIGNED = "signed"
JSON = "application/json"
TEXTS = {"type": "string", "maxLength": 4000}


def added(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with the signed calls, their schemas and their signature."""
    parts = document.setdefault("components", {})
    parts.setdefault("schemas", {}).update(schemas())
    parts.setdefault("securitySchemes", {}).update(signature())
    document["paths"].update(paths())
    return document


def signature() -> dict[str, Any]:
    """Return the four headers of a signed call; each is a scheme, all four are needed."""
    told = {
        "Key": _("Number of the key (given out by the system administrator)"),
        "Timestamp": _("Seconds since 1970, at most 300 seconds from this site's clock"),
        "Nonce": _("8 to 64 characters, different with each call; of a POST also the idempotency key"),
        "Signature": _("HMAC-SHA256 in hexadecimal; what is signed stands in docs/interface.md"),
    }
    return {
        f"{SIGNED}{name}": {
            "type": "apiKey",
            "in": "header",
            "name": f"X-Redprop-{name}",
            "description": words,
        }
        for name, words in told.items()
    }


def schemas() -> dict[str, Any]:
    """Return what is sent and answered."""
    text, day = {"type": "string"}, {"type": "string", "format": "date"}
    maybe = {"type": ["string", "null"], "format": "date"}
    created = {
        "number": text,
        "code": text,
        "follow_url": text,
        "compound": text,
        "state": text,
        "due_on": day,
    }
    return {
        "NewRequest": {
            "type": "object",
            "additionalProperties": False,
            "required": ["compound", "category", "text"],
            "properties": {
                "compound": {"type": "string", "description": _("Code of the compound")},
                "category": {"type": "string", "enum": [str(one) for one in ResidentRequest.Category.values]},
                "text": TEXTS,
                "urgency": {"type": "string", "enum": [str(one) for one in Urgency.values]},
                "contact": {"type": "string", "maxLength": 100},
                "received_on": day,
            },
        },
        "CodeOnly": _sent("code"),
        "CodeAndText": _sent("code", "text"),
        "RequestState": {
            "type": "object",
            "required": ["number", "compound", "category", "urgency", "received_on", "due_on", "state"],
            "properties": {
                **{
                    name: text
                    for name in ("number", "compound", "category", "urgency", "state", "state_text", "answer")
                },
                **{"received_on": day, "due_on": day, "answered_on": maybe, "closed_on": maybe},
                "is_joined": {"type": "boolean"},
                "times_reopened": {"type": "integer"},
                "photos": {"type": "integer"},
            },
        },
        "NewRequestAnswer": {"type": "object", "required": list(created), "properties": created},
    }


def _sent(*names: str) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(names),
        "properties": dict.fromkeys(names, TEXTS),
    }


def _number() -> dict[str, Any]:
    return {
        "name": "number",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"},
        "description": _("Number of the request"),
    }


def paths() -> dict[str, Any]:
    """Return the addresses of the signed calls."""
    base = "/api/v1/requests/"
    one, number = f"{base}{{number}}/", _number()
    code = {
        "name": "code",
        "in": "query",
        "required": True,
        "schema": {"type": "string"},
        "description": _("The resident's code to follow the request"),
    }
    picture = {
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        "required": True,
    }
    return {
        base: {
            "post": _call(
                "create-request", _("Record a request"), 201, "NewRequestAnswer", _body("NewRequest")
            )
        },
        one: {
            "get": _call("read-request", _("How a request stands"), 200, "RequestState", parameters=[number])
        },
        f"{one}confirm/": {
            "post": _call(
                "confirm-request",
                _("The resident confirms that it is done"),
                200,
                "RequestState",
                _body("CodeOnly"),
                [number],
            )
        },
        f"{one}reopen/": {
            "post": _call(
                "reopen-request",
                _("The resident says that it is not fixed"),
                200,
                "RequestState",
                _body("CodeAndText"),
                [number],
            )
        },
        f"{one}words/": {
            "post": _call("add-words", _("Add words"), 200, "RequestState", _body("CodeAndText"), [number])
        },
        f"{one}photos/": {
            "post": _call("add-photo", _("Add a photo"), 201, "RequestState", picture, [number, code])
        },
    }


def _body(schema: str) -> dict[str, Any]:
    return {"required": True, "content": {JSON: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


def _call(
    name: str,
    summary: str,
    status: int,
    answer: str,
    body: dict[str, Any] | None = None,
    parameters: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    refused = {"content": {JSON: {"schema": {"$ref": "#/components/schemas/Refusal"}}}}
    words = {
        400: _("Headers or body cannot be read"),
        401: _("The signature is not valid"),
        403: _("The resident's code is wrong"),
        404: _("There is no such compound or number"),
        405: _("The address does not take this method"),
        409: _("The idempotency key was used for something else, or the state does not allow it"),
        413: _("The body is too large"),
        422: _("What is sent breaks a rule"),
        429: _("Too often"),
    }
    found: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "tags": ["requests"],
        "security": [{f"{SIGNED}{part}": [] for part in ("Key", "Timestamp", "Nonce", "Signature")}],
        "responses": {
            str(status): {
                "description": _("Done"),
                "content": {JSON: {"schema": {"$ref": f"#/components/schemas/{answer}"}}},
            },
            **{str(number): {"description": told, **refused} for number, told in words.items()},
        },
    }
    if parameters:
        found["parameters"] = parameters
    if body:
        found["requestBody"] = body
    return found
