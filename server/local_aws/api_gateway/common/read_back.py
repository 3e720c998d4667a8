"""What AWS's answers about HTTP and WebSocket APIs have, and moto's have not.

Terraform reads it back, and plans a change for what differs: AWS's defaults are those that its provider's own
tests expect (github.com/hashicorp/terraform-provider-aws, internal/service/apigatewayv2, checked 2026-11).
Docs: docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid.html and
…/apis-apiid-integrations-integrationid.html (checked 2026-11).
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from moto.apigatewayv2.models import Api, apigatewayv2_backends

from server.local_aws.control_plane.call import ApiAnswer, ApiCall
from server.local_aws.control_plane.moto import ACCOUNT_ID

PATH = re.compile(r"/v2/apis(?:/([^/]+)(?:/(integrations)(?:/[^/]+)?)?)?/?")

OF_INTEGRATIONS: Mapping[str, Any] = {"connectionType": "INTERNET", "payloadFormatVersion": "1.0"}
OF_WEBSOCKET_INTEGRATIONS: Mapping[str, Any] = {**OF_INTEGRATIONS, "passthroughBehavior": "WHEN_NO_MATCH"}
WEBSOCKET_SECONDS = 29_000
"""The time limit, in milliseconds, of a WebSocket API's integration, which is its longest, too."""

ADDRESSES = "ip_address_type"
"""Where it is kept that an API speaks IPv6, too: with moto's API, which has no such setting."""


def completed(call: ApiCall, answer: ApiAnswer) -> ApiAnswer:
    """Return the answer to `call` with what AWS's would have besides."""
    match = PATH.fullmatch(call.path)
    if match is None or answer.status >= 300 or not answer.body:
        return answer
    document = json.loads(answer.body)
    kept = apigatewayv2_backends[ACCOUNT_ID][call.region].apis
    for shown in document.get("items", [document]):
        api = kept.get(match[1] or shown.get("apiId", ""))
        if api is not None:
            shown.update(of_integration(api, shown) if match[2] else of_api(api, call))
    headers = [header for header in answer.headers if header[0].lower() != "content-length"]
    return ApiAnswer(answer.status, headers, json.dumps(document).encode())


def of_api(api: Api, call: ApiCall) -> dict[str, Any]:
    given = call.members.get("ipAddressType") if call.method in ("POST", "PATCH") else None
    if given is not None:
        vars(api)[ADDRESSES] = given
    return {"ipAddressType": vars(api).get(ADDRESSES, "ipv4")}


def of_integration(api: Api, shown: Mapping[str, Any]) -> dict[str, Any]:
    if api.protocol_type != "WEBSOCKET":
        return missing(shown, OF_INTEGRATIONS)
    longest = {
        "timeoutInMillis": min(int(shown.get("timeoutInMillis") or WEBSOCKET_SECONDS), WEBSOCKET_SECONDS)
    }
    return {**missing(shown, OF_WEBSOCKET_INTEGRATIONS), **longest}


def missing(shown: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in defaults.items() if shown.get(name) is None}
