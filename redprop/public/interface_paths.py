"""How the signed calls of residents' platforms stand in the OpenAPI document. They are carried out in `interface`."""

from typing import Any

from communities.models import ResidentRequest, Urgency

SIGNED = "signed"
JSON = "application/json"
NUMBER = {
    "name": "number",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"},
    "description": "诉求编号",
}
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
        "Key": "密钥编号（系统管理员发放）",
        "Timestamp": "1970 年以来的秒数，与本站相差不超过 300 秒",
        "Nonce": "8 至 64 位，每次调用不同；对 POST 同时是幂等键",
        "Signature": "HMAC-SHA256（十六进制），签名内容见 docs/interface.md",
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
                "compound": {"type": "string", "description": "小区编号"},
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


def paths() -> dict[str, Any]:
    """Return the addresses of the signed calls."""
    base = "/api/v1/requests/"
    one = f"{base}{{number}}/"
    code = {
        "name": "code",
        "in": "query",
        "required": True,
        "schema": {"type": "string"},
        "description": "居民查询码",
    }
    picture = {
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        "required": True,
    }
    return {
        base: {"post": _call("create-request", "登记一件诉求", 201, "NewRequestAnswer", _body("NewRequest"))},
        one: {"get": _call("read-request", "查询办理情况", 200, "RequestState", parameters=[NUMBER])},
        f"{one}confirm/": {
            "post": _call("confirm-request", "居民确认办结", 200, "RequestState", _body("CodeOnly"), [NUMBER])
        },
        f"{one}reopen/": {
            "post": _call(
                "reopen-request", "居民反映没修好", 200, "RequestState", _body("CodeAndText"), [NUMBER]
            )
        },
        f"{one}words/": {
            "post": _call("add-words", "补充说明", 200, "RequestState", _body("CodeAndText"), [NUMBER])
        },
        f"{one}photos/": {
            "post": _call("add-photo", "补充一张照片", 201, "RequestState", picture, [NUMBER, code])
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
        400: "请求头或报文格式不对",
        401: "签名无效",
        403: "居民查询码不对",
        404: "没有此小区或编号",
        405: "该地址不支持此方法",
        409: "幂等键冲突，或当前状态不能这样做",
        413: "报文过大",
        422: "内容不符合规则",
        429: "过于频繁",
    }
    found: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "tags": ["requests"],
        "security": [{f"{SIGNED}{part}": [] for part in ("Key", "Timestamp", "Nonce", "Signature")}],
        "responses": {
            str(status): {
                "description": "成功",
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
