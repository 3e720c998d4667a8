"""Tags of REST APIs and of their stages: `GetTags`, `TagResource` and `UntagResource`, which moto has not.

Docs: docs.aws.amazon.com/apigateway/latest/api/API_GetTags.html and its siblings (checked 2026-11).
"""

import re
from urllib.parse import parse_qs, unquote

from moto.apigateway.models import RestAPI, Stage, apigateway_backends

from server.local_aws.control_plane.call import ApiAnswer, ApiCall, bad_request, not_found
from server.local_aws.control_plane.moto import ACCOUNT_ID

ARN = re.compile(r"/tags/arn:aws[\w-]*:apigateway:([^:/]+)::/restapis/([^/]+)(?:/stages/([^/]+))?/?")


def is_mine(path: str) -> bool:
    """Return whether the call is about tags of a REST API (`path` as it was sent)."""
    return ARN.fullmatch(unquote(path)) is not None


def serve(call: ApiCall) -> ApiAnswer:
    """Show the tags (GET), add some (PUT) or take some away (DELETE). Raises `ApiError`."""
    held = tagged(call)
    if call.method == "GET":
        return ApiAnswer.of(200, {"tags": held.tags or {}})
    if call.method == "PUT":
        added = call.members.get("tags")
        if not isinstance(added, dict):
            raise bad_request("tags must be an object")
        held.tags = {**(held.tags or {}), **added}
    else:
        removed = parse_qs(call.target.partition("?")[2]).get("tagKeys", [])
        held.tags = {name: value for name, value in (held.tags or {}).items() if name not in removed}
    return ApiAnswer.of(204)


def tagged(call: ApiCall) -> RestAPI | Stage:
    """What the ARN in the call's path names. Raises `ApiError`."""
    match = ARN.fullmatch(unquote(call.path))
    assert match is not None
    region, api_id, stage_name = match.groups()
    api = apigateway_backends[ACCOUNT_ID][region].apis.get(api_id) if region == call.region else None
    if api is None:
        raise not_found("Invalid API identifier specified")
    if stage_name is None:
        return api
    if stage_name not in api.stages:
        raise not_found("Invalid stage identifier specified")
    return api.stages[stage_name]
