"""Integrations of REST APIs as they are deployed: moto's, completed by `responseTransferMode`.

Docs: docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html and
…/latest/developerguide/response-transfer-mode.html (checked 2026-11). The texts of refusals are this
stand-in's own.
"""

from typing import Any

from moto.apigateway.models import Integration, Method

from server.local_aws.control_plane.call import bad_request, not_found

MODES = ("BUFFERED", "STREAM")
TYPES = ("AWS_PROXY", "HTTP_PROXY")
MIN_TIMEOUT, DEFAULT_TIMEOUT, MAX_STREAM_TIMEOUT = 50, 29_000, 900_000
EDITABLE = {
    "/uri": "uri",
    "/httpMethod": "http_method",
    "/timeoutInMillis": "timeout_in_millis",
    "/responseTransferMode": "response_transfer_mode",
    "/passthroughBehavior": "passthrough_behaviour",
    "/contentHandling": "content_handling",
    "/credentials": "credentials",
    "/connectionType": "connection_type",
    "/cacheNamespace": "cache_namespace",
}
"""What `UpdateIntegration` may replace, and moto's attribute for it."""

PARAMETERS = "/requestParameters/"


class CompleteIntegration(Integration):
    """moto's integration and its transfer mode: every answer of moto's that shows it has it."""

    response_transfer_mode: str

    @classmethod
    def of(cls, held: Integration, mode: str) -> "CompleteIntegration":
        complete: CompleteIntegration = object.__new__(cls)
        complete.__dict__.update(held.__dict__)
        complete.response_transfer_mode = mode
        return complete

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = super().to_json()
        document["responseTransferMode"] = self.response_transfer_mode
        document["timeoutInMillis"] = int(self.timeout_in_millis or DEFAULT_TIMEOUT)
        return document


def check(settings: dict[str, Any], endpoint_types: list[str]) -> None:
    """Refuse settings that AWS refuses, and those that this stand-in does not serve. Raises `ApiError`."""
    mode = settings.get("responseTransferMode") or "BUFFERED"
    if mode not in MODES:
        raise bad_request(f"Invalid response transfer mode {mode!r}: must be one of {', '.join(MODES)}")
    kind = settings.get("type")
    if kind not in TYPES:
        if mode == "STREAM":
            raise bad_request("Response transfer mode STREAM needs an AWS_PROXY or HTTP_PROXY integration")
        raise bad_request(f"The local stand-in serves AWS_PROXY and HTTP_PROXY integrations only, not {kind}")
    if settings.get("connectionType") == "VPC_LINK":
        raise bad_request("The local stand-in has no VPC links")
    timeout = settings.get("timeoutInMillis")
    if timeout is None:
        return
    # More than 29 s is for streams, and after a quota increase for regional and private APIs
    longest = MAX_STREAM_TIMEOUT if mode == "STREAM" else DEFAULT_TIMEOUT
    if mode == "BUFFERED" and "EDGE" not in endpoint_types:
        longest = 300_000
    if not isinstance(timeout, int) or not MIN_TIMEOUT <= timeout <= longest:
        raise bad_request(f"Timeout should be between {MIN_TIMEOUT} ms and {longest} ms")


def patch(method: Method, operations: Any, endpoint_types: list[str]) -> CompleteIntegration:
    """`UpdateIntegration`. Raises `ApiError`; then nothing has changed."""
    held = method.method_integration
    if held is None:
        raise not_found("No integration defined for method")
    mode = getattr(held, "response_transfer_mode", "BUFFERED")
    changed = CompleteIntegration.of(held, mode)
    changed.request_parameters = dict(held.request_parameters or {})
    for operation in operations if isinstance(operations, list) else []:
        apply(changed, operation)
    check(
        {
            "type": changed.integration_type,
            "responseTransferMode": changed.response_transfer_mode,
            "timeoutInMillis": changed.timeout_in_millis,
            "connectionType": changed.connection_type,
        },
        endpoint_types,
    )
    method.method_integration = changed
    return changed


def apply(integration: CompleteIntegration, operation: dict[str, Any]) -> None:
    op, path, value = operation.get("op"), str(operation.get("path")), operation.get("value")
    if path.startswith(PARAMETERS):
        name = path.removeprefix(PARAMETERS).replace("~1", "/")
        parameters = integration.request_parameters or {}
        if op == "remove":
            parameters.pop(name, None)
        else:
            parameters[name] = str(value)
    elif op != "replace" or path not in EDITABLE:
        raise bad_request(f"Invalid patch path {path!r} for operation {op!r}")
    elif path == "/timeoutInMillis":
        if not str(value).isdigit():
            raise bad_request(f"Invalid timeout {value!r}")
        integration.timeout_in_millis = int(str(value))  # type: ignore[assignment]
    else:
        setattr(integration, EDITABLE[path], value)
