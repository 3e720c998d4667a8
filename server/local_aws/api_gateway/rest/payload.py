"""The event of a REST API, payload format 1.0. Pure mappings.

Docs: docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html and
…/lambda-proxy-binary-media.html (checked 2026-11). What events look like in detail was recorded on AWS:
github.com/localstack/localstack, tests/aws/services/apigateway/test_apigateway_lambda.snapshot.json (2024-07,
edge-optimised), and github.com/hotsock/voker, vokerhttp/testdata/apigwv1-request.json (2026-07, regional).
"""

import base64
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from server.local_aws.api_gateway.common.request import Body, GatewayRequest, Target, event_v1, spelled

SPELLED = ("Host", "User-Agent")
SPELLED_BY_CLOUDFRONT = ("Authorization",)
"""An edge-optimised API stands behind CloudFront, which spells this name too."""

UNTYPED = "application/json"
"""What a body is taken for that has no content type."""


def event(request: GatewayRequest, target: Target, binary: Sequence[str], *, edge: bool) -> dict[str, Any]:
    """The event. A body whose content type is one of `binary` (`*` matches any) goes as base64; escapes in
    the path and in the values of its variables are kept; there is no `Content-Length`."""
    names = SPELLED + (SPELLED_BY_CLOUDFRONT if edge else ())
    passed = [header for header in request.forwarded() if header[0].lower() != "content-length"]
    document = event_v1(request, target, spelled(passed, names), encode_body(request, binary))
    document["requestContext"]["deploymentId"] = target.deployment_id
    return document


def encode_body(request: GatewayRequest, binary: Sequence[str]) -> Body:
    """Text that is not UTF-8 has replacement characters: so a body is damaged that no binary media type
    covers."""
    if not request.body:
        return None, False
    if is_binary(request.header("content-type") or UNTYPED, binary):
        return base64.b64encode(request.body).decode(), True
    return request.body.decode("utf-8", "replace"), False


def is_binary(content_type: str, binary: Sequence[str]) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return any(fnmatchcase(media_type, pattern.lower().replace("[", "[[]")) for pattern in binary)
