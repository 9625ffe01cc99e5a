"""The parts of a payload that events are made of, read without making objects of the rest: most of it are links.

They are what is stored of a delivery, as GitHub said them: what they mean is read when it is decided.
"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticSerializationError, SchemaValidator, ValidationError, core_schema, to_json

Parts = Mapping[str, "Parts | None"]  # None: the value as it is

ACCOUNT: Parts = dict.fromkeys(("id", "login", "type"))
PARTS: Parts = {
    "action": None,
    "installation": {"id": None, "account": ACCOUNT, "permissions": None},
    "repository": {**dict.fromkeys(("id", "full_name", "default_branch", "archived")), "owner": ACCOUNT},
    "issue": {**dict.fromkeys(("id", "number", "title", "body", "pull_request")), "user": ACCOUNT},
    "comment": {
        **dict.fromkeys(("id", "body", "path", "line", "start_line", "original_line", "original_start_line")),
        **dict.fromkeys(("diff_hunk", "side", "in_reply_to_id", "updated_at")),
        "user": ACCOUNT,
    },
    "changes": {"body": {"from": None}},
    "review": {"id": None, "body": None, "user": ACCOUNT},
    "label": {"name": None},
    "pull_request": {**dict.fromkeys(("number", "title", "body")), "user": ACCOUNT},
    "check_run": {**dict.fromkeys(("head_sha", "external_id")), "app": {"id": None}},
    "check_suite": {**dict.fromkeys(("head_sha", "conclusion")), "app": {"id": None}},
    "requested_action": {"identifier": None},
    "repositories": None,
    "repositories_added": None,
    "sender": ACCOUNT,
}


class NotJson(Exception):
    """The body is no JSON object; the message says why in one line."""


def parts_of(body: bytes) -> Mapping[str, Any]:
    """What PARTS names of a payload, or all of it where it is not of that shape. Raises NotJson."""
    try:
        parts: dict[str, Any] = _READER.validate_json(body)
    except ValidationError:
        return whole(body)
    return parts


def to_text(parts: Mapping[str, Any]) -> str:
    """The parts as they are stored: JSON, in which NULs and lone surrogates are escaped, for any database to take."""
    try:
        return to_json(parts).decode()
    except PydanticSerializationError:
        return json.dumps(parts)


def whole(body: bytes | str) -> Mapping[str, Any]:
    """All of a payload. Raises NotJson."""
    try:
        payload = json.loads(body)
    except RecursionError:
        raise NotJson("the JSON is nested too deeply") from None
    except ValueError as error:
        raise NotJson(f"the body is not JSON: {str(error)[:200]}") from None
    if not isinstance(payload, dict):
        raise NotJson("the JSON is not an object")
    return payload


def _object(parts: Parts) -> core_schema.CoreSchema:
    """An object with these parts, each of which may be absent or null."""

    def field(part: Parts | None) -> core_schema.TypedDictField:
        value = core_schema.any_schema() if part is None else core_schema.nullable_schema(_object(part))
        return core_schema.typed_dict_field(value, required=False)

    fields = {name: field(part) for name, part in parts.items()}
    return core_schema.typed_dict_schema(fields, extra_behavior="ignore")


_READER = SchemaValidator(_object(PARTS))
