"""Names of Envoy's API, version 3: www.envoyproxy.io/docs/envoy/latest/api-v3/api (checked 2026-11)."""

from typing import Any

TYPES = "type.googleapis.com/envoy.extensions"
Configuration = dict[str, Any]


def socket_address(host: str, port: int) -> Configuration:
    return {"socket_address": {"address": host, "port_value": port}}
