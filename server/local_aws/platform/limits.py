"""AWS's limits and times, as data. One setting scales them, so that a lesson can show a limit in seconds."""

import math
import os
from dataclasses import dataclass, fields, replace

MIB = 1024 * 1024
SCALE_VARIABLE = "LOCAL_AWS_LIMIT_SCALE"


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, times in seconds, rates in bytes (of WebSocket connections: in connections) a second.

    Sources (checked 2026-11), below docs.aws.amazon.com:
    Lambda: lambda/latest/dg/gettingstarted-limits.html, …/configuration-response-streaming.html, and for the
    exact byte counts github.com/aws/aws-lambda-runtime-interface-emulator, which AWS publishes;
    API Gateway: apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html (REST APIs),
    …/response-transfer-mode.html (their streams), …/http-api-quotas.html,
    …/apigateway-execution-service-websocket-limits-table.html;
    App Runner: apprunner/latest/dg/develop.html;
    load balancers: elasticloadbalancing/latest/application/edit-load-balancer-attributes.html;
    AppSync: general/latest/gr/appsync.html.
    """

    request: int = 6 * MIB
    async_request: int = 1 * MIB
    buffered_response: int = 6 * MIB + 100
    streamed_response: int = 200 * MIB
    stream_burst: int = 6 * MIB
    stream_rate: float = 2 * MIB
    init_seconds: float = 10.0
    idle_seconds: float = 300.0
    """After which a free environment is reclaimed: this stand-in's choice, AWS documents no time."""
    unzipped_code: int = 262_144_000

    gateway_payload: int = 10 * MIB
    rest_seconds: float = 29.0
    rest_stream_burst: int = 10 * MIB
    rest_stream_rate: float = 2 * MIB
    rest_stream_seconds: float = 900.0
    rest_stream_idle_seconds: float = 300.0
    rest_stream_edge_idle_seconds: float = 30.0
    rest_test_payload: int = MIB
    rest_test_seconds: float = 35.0
    http_api_seconds: float = 30.0

    websocket_message: int = 128 * 1024
    websocket_frame: int = 32 * 1024
    websocket_idle_seconds: float = 600.0
    websocket_lifetime_seconds: float = 7200.0
    websocket_integration_seconds: float = 29.0
    websocket_connection_rate: float = 500.0

    app_runner_request_seconds: float = 120.0
    load_balancer_idle_seconds: float = 60.0

    appsync_payload: int = 240 * 1024
    appsync_keep_alive_seconds: float = 60.0
    appsync_connection_seconds: float = 24 * 3600.0

    def scaled(self, scale: float) -> "Limits":
        """All of them times `scale`, but for those of `UNSCALED`. Raises `ValueError` unless `scale` is a
        number above 0."""
        if not (math.isfinite(scale) and scale > 0):
            raise ValueError(f"a scale of limits must be a number above 0, not {scale}")
        values = {name: getattr(self, name) * scale for name in NAMES - UNSCALED}
        whole = {name: math.ceil(value) for name, value in values.items() if name in WHOLE}
        return replace(self, **values | whole)


NAMES = {field.name for field in fields(Limits)}
WHOLE = {field.name for field in fields(Limits) if field.type is int}
UNSCALED = {"init_seconds", "idle_seconds", "unzipped_code"}
"""What a function needs in order to start at all takes its time on any scale."""


def from_environment() -> Limits:
    """AWS's limits, times `LOCAL_AWS_LIMIT_SCALE` when that is set (0.01: the 6 MB limit becomes 63 kB, the
    rate of 2 MiB/s 21 kB/s). Raises `ValueError` if it is not a number above 0."""
    scale = os.environ.get(SCALE_VARIABLE, "1")
    try:
        return Limits().scaled(float(scale))
    except ValueError as error:
        raise ValueError(f"{SCALE_VARIABLE} must be a number above 0, not {scale!r}") from error
