"""An Application Load Balancer, as far as a stream can tell: Envoy, set up to be as transparent as one."""

from server.envoy.configuration import TYPES, Configuration
from server.envoy.process import route_to

CASE_KEPT = {
    "header_key_format": {
        "stateful_formatter": {
            "name": "preserve_case",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.http.header_formatters.preserve_case.v3"
                ".PreserveCaseFormatterConfig"
            },
        }
    }
}
"""Header names as the container wrote them: Envoy's own way is lower case."""


def configuration(upstream: str, idle_seconds: float) -> Configuration:
    """Upgrades to WebSocket pass, a response may take for ever, but neither may be silent for
    `idle_seconds`.

    Sources (checked 2026-11): docs.aws.amazon.com/elasticloadbalancing/latest/application/
    load-balancer-listeners.html and …/edit-load-balancer-attributes.html. What follows from them has not been
    tried on Express Mode itself. Of what an ALB adds to requests, only `X-Forwarded-For` and
    `X-Forwarded-Proto` are added here, and the bodies of its own errors are Envoy's.
    """
    balancer = route_to(upstream, keep_host=True)
    resources = balancer["static_resources"]
    manager = resources["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    manager["upgrade_configs"] = [{"upgrade_type": "websocket"}]
    manager["delayed_close_timeout"] = "0.1s"  # Envoy's second would show at the end of every WebSocket
    manager["stream_idle_timeout"] = f"{idle_seconds}s"
    manager["server_header_transformation"] = "PASS_THROUGH"
    manager["use_remote_address"] = True
    manager["generate_request_id"] = False
    manager["http_protocol_options"] = CASE_KEPT
    manager["http_filters"][-1]["typed_config"]["suppress_envoy_headers"] = True
    options = f"{TYPES}.upstreams.http.v3.HttpProtocolOptions"
    resources["clusters"][0]["typed_extension_protocol_options"] = {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": options,
            "explicit_http_config": {"http_protocol_options": CASE_KEPT},
        }
    }
    return balancer
