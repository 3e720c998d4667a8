"""The body of a request to an HTTP API, as both payload formats have it."""

from server.local_aws.api_gateway.common.request import Body, GatewayRequest
from server.local_aws.aws_lambda.function_url import event as url_event
from server.local_aws.http1.exchange import Header


def encode_body(request: GatewayRequest) -> Body:
    """The body as an event has it, None without one, and whether it is base64: by the rule of Function URLs,
    which have the same payload format."""
    if not request.body:
        return None, False
    return url_event.encode_body(request.body, request.header("content-type"))


def with_content_length(request: GatewayRequest) -> list[Header]:
    """Return the headers as they go on; a request without a body has the length 0."""
    headers = request.forwarded()
    if request.header("content-length"):
        return headers
    return [*headers, ("Content-Length", str(len(request.body)))]
