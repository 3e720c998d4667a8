"""Tags of REST APIs, of their stages, and of those of HTTP and WebSocket APIs: `GetTags`, `TagResource` and
`UntagResource`, which moto has not.

Docs: docs.aws.amazon.com/apigateway/latest/api/API_GetTags.html and its siblings (checked 2026-11).
"""

import re
from typing import Any
from urllib.parse import parse_qs, unquote

from moto.apigateway.models import RestAPI, Stage, apigateway_backends
from moto.apigatewayv2.models import Stage as StageV2
from moto.apigatewayv2.models import apigatewayv2_backends

from server.local_aws.control_plane.call import ApiAnswer, ApiCall, bad_request, not_found
from server.local_aws.control_plane.moto import ACCOUNT_ID

PREFIX = r"/tags/arn:aws[\w-]*:apigateway:(?P<region>[^:/]+)::"
REST = re.compile(PREFIX + r"/restapis/(?P<api>[^/]+)(?:/stages/(?P<stage>[^/]+))?/?")
STAGE = re.compile("/v2" + PREFIX + r"/apis/(?P<api>[^/]+)/stages/(?P<stage>[^/]+)/?")


def is_mine(path: str) -> bool:
    """Return whether the call is about such tags (`path` as it was sent)."""
    return named_by(path) is not None


def named_by(path: str) -> "re.Match[str] | None":
    return REST.fullmatch(unquote(path)) or STAGE.fullmatch(unquote(path))


def serve(call: ApiCall) -> ApiAnswer:
    """Show the tags (GET), add some (PUT, POST) or take some away (DELETE). Raises `ApiError`."""
    held = tagged(call)
    if call.method == "GET":
        return ApiAnswer.of(200, {"tags": held.tags or {}})
    if call.method in ("PUT", "POST"):
        added = call.members.get("tags")
        if not isinstance(added, dict):
            raise bad_request("tags must be an object")
        keep(held, {**(held.tags or {}), **added})
    else:
        removed = parse_qs(call.target.partition("?")[2]).get("tagKeys", [])
        keep(held, {name: value for name, value in (held.tags or {}).items() if name not in removed})
    return ApiAnswer.of(201, {}) if call.method == "POST" else ApiAnswer.of(204)


def keep(held: RestAPI | Stage | StageV2, tags: dict[str, str]) -> None:
    held.tags = tags
    if isinstance(held, StageV2):  # made anew of its settings when it is changed
        held.config["tags"] = tags


def tagged(call: ApiCall) -> RestAPI | Stage | StageV2:
    """What the ARN in the call's path names. Raises `ApiError`."""
    match = named_by(call.path)
    assert match is not None
    kept: Any = apigateway_backends if match.re is REST else apigatewayv2_backends
    api = kept[ACCOUNT_ID][call.region].apis.get(match["api"]) if match["region"] == call.region else None
    if api is None:
        raise not_found("Invalid API identifier specified")
    if match["stage"] is None:
        found: RestAPI = api
        return found
    if match["stage"] not in api.stages:
        raise not_found("Invalid stage identifier specified")
    stage: Stage | StageV2 = api.stages[match["stage"]]
    return stage
