"""The proxy of App Runner."""

from server.envoy.configuration import Configuration
from server.envoy.process import route_to


def configuration(upstream: str, request_seconds: float) -> Configuration:
    """Envoy with nothing but a router, and the time limit of a request.

    That it is Envoy shows in the article's transcripts of 2023-05-09, `server: envoy` and
    `x-envoy-upstream-service-time`; so does the 403 that Envoy gives to an upgrade that is not enabled.
    The limit covers reading the request and finishing the response
    (docs.aws.amazon.com/apprunner/latest/dg/develop.html, checked 2026-11); what a client gets then:
    README.md, "Where AWS is unconfirmed".
    """
    proxy = route_to(upstream, keep_host=True)
    manager = proxy["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    manager["delayed_close_timeout"] = "0.1s"  # Envoy's second would show at the end of every stream it cuts
    manager["common_http_protocol_options"] = {"max_stream_duration": f"{request_seconds}s"}
    return proxy
