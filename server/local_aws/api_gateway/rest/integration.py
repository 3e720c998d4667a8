"""Integrations of REST APIs as they are deployed: moto's, completed by `responseTransferMode`.

Docs: docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html and
…/latest/developerguide/response-transfer-mode.html (checked 2026-11). The texts of refusals are this
stand-in's own.
"""

from collections.abc import Mapping
from typing import Any

from moto.apigateway.models import Integration, Method

from server.local_aws.api_gateway.rest import patching
from server.local_aws.control_plane.call import bad_request, not_found

MODES = ("BUFFERED", "STREAM")
PROXIES = ("AWS_PROXY", "HTTP_PROXY")
MIN_TIMEOUT, DEFAULT_TIMEOUT, MAX_STREAM_TIMEOUT = 50, 29_000, 900_000


class CompleteIntegration(Integration):
    """moto's integration with its transfer mode and AWS's defaults: every answer of moto's that shows it has
    them. What AWS answers: recordings of 2024-06 in github.com/localstack/localstack,
    tests/aws/services/apigateway/test_apigateway_integrations.snapshot.json."""

    response_transfer_mode: str

    @classmethod
    def of(cls, held: Integration, mode: str) -> "CompleteIntegration":
        complete: CompleteIntegration = object.__new__(cls)
        complete.__dict__.update(held.__dict__)
        complete.response_transfer_mode = mode
        return complete

    @classmethod
    def created(
        cls, held: Integration, resource_id: str, settings: Mapping[str, Any]
    ) -> "CompleteIntegration":
        """Complete what moto has made of these settings."""
        complete = cls.of(held, str(settings.get("responseTransferMode") or "BUFFERED").upper())
        complete.passthrough_behaviour = held.passthrough_behaviour or "WHEN_NO_MATCH"
        complete.cache_namespace = held.cache_namespace or resource_id
        complete.cache_key_parameters = list(settings.get("cacheKeyParameters") or [])
        if held.integration_type == "MOCK":
            complete.uri = None  # type: ignore[assignment]
        else:
            complete.connection_type = held.connection_type or "INTERNET"
        return complete

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = super().to_json()
        document["responseTransferMode"] = self.response_transfer_mode
        document["timeoutInMillis"] = int(self.timeout_in_millis or DEFAULT_TIMEOUT)
        return {name: value for name, value in document.items() if value is not None}


def check(settings: dict[str, Any], endpoint_types: list[str]) -> None:
    """Refuse settings that AWS refuses. Raises `ApiError`."""
    mode = settings.get("responseTransferMode") or "BUFFERED"
    if mode not in MODES:
        raise bad_request(f"Invalid response transfer mode {mode!r}: must be one of {', '.join(MODES)}")
    if mode == "STREAM" and settings.get("type") not in PROXIES:
        raise bad_request("Response transfer mode STREAM needs an AWS_PROXY or HTTP_PROXY integration")
    timeout = settings.get("timeoutInMillis")
    if timeout is None:
        return
    # More than 29 s is for streams, and after a quota increase for regional and private APIs
    longest = MAX_STREAM_TIMEOUT if mode == "STREAM" else DEFAULT_TIMEOUT
    if mode == "BUFFERED" and "EDGE" not in endpoint_types:
        longest = 300_000
    if not isinstance(timeout, int) or not MIN_TIMEOUT <= timeout <= longest:
        raise bad_request(f"Timeout should be between {MIN_TIMEOUT} ms and {longest} ms")


def updated(method: Method, operations: Any, endpoint_types: list[str]) -> CompleteIntegration:
    """Return what `UpdateIntegration` makes of the method's integration. Raises `ApiError`."""
    held = method.method_integration
    if held is None:
        raise not_found("No integration defined for method")
    mode = getattr(held, "response_transfer_mode", "BUFFERED")
    changed = patching.patched(CompleteIntegration.of(held, mode), patching.INTEGRATION, operations)
    check(
        {
            "type": changed.integration_type,
            "responseTransferMode": changed.response_transfer_mode,
            "timeoutInMillis": changed.timeout_in_millis,
            "connectionType": changed.connection_type,
        },
        endpoint_types,
    )
    return changed
