"""Payload format 1.0 of HTTP APIs: the event. Pure mappings.

Docs: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html (checked
2026-11). In detail as recorded on AWS: an event of 2022-02 (github.com/mantil-io/go-lambda-examples) and one
of 2021-01 (github.com/milliHQ/terraform-aws-next-js/pull/31).
"""

from typing import Any

from server.local_aws.api_gateway.common.request import (
    GatewayRequest,
    Target,
    event_v1,
    extended_request_id,
    spelled,
)
from server.local_aws.api_gateway.http.body import encode_body, with_content_length

SPELLED = ("Content-Length", "Content-Type", "Host", "User-Agent")


def event(request: GatewayRequest, target: Target) -> dict[str, Any]:
    """The event: that of a REST API, but with the stage in `path`, with a `Content-Length`, and with one id
    for both of a request's."""
    headers = spelled(with_content_length(request), SPELLED)
    document = event_v1(request, target, headers, encode_body(request))
    context = document["requestContext"]
    context["requestId"] = extended_request_id(request)
    context["identity"]["cognitoAmr"] = None
    return {"version": "1.0", **document, "path": target.path}
