"""Envoy, a real proxy, as a process on a loopback port; it asks about the user behind each connection."""

from server.envoy.process import Envoy, EnvoyFailed, EnvoyUnavailable, route_to

__all__ = ["Envoy", "EnvoyFailed", "EnvoyUnavailable", "route_to"]
