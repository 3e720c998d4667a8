"""What moto lacks of channel namespaces and event configurations, and what is refused of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from moto.appsync.models import ChannelNamespace

from server.local_aws.appsync.deployed import check_mode
from server.local_aws.control_plane.call import bad_request


def check_settings(settings: Mapping[str, Any]) -> None:
    """Raise `ApiError` (400) for what would not be enforced, or not run, here."""
    if settings.get("codeHandlers") or settings.get("handlerConfigs"):
        raise bad_request(
            "The local stand-in runs no onPublish and onSubscribe handlers: leave codeHandlers and "
            "handlerConfigs out"
        )
    config = settings.get("eventConfig") or {}
    if not isinstance(config, dict):
        raise bad_request("eventConfig must be an object")
    for modes in (*config.values(), settings.get("subscribeAuthModes"), settings.get("publishAuthModes")):
        for mode in modes if isinstance(modes, list) else ():
            check_mode(mode.get("authType") if isinstance(mode, dict) else mode)


def update(namespace: ChannelNamespace, settings: Mapping[str, Any], now: datetime) -> None:
    """Change what `settings` names."""
    if "subscribeAuthModes" in settings:
        namespace.subscribe_auth_modes = settings["subscribeAuthModes"]
    if "publishAuthModes" in settings:
        namespace.publish_auth_modes = settings["publishAuthModes"]
    namespace.last_modified = now


def to_document(namespace: ChannelNamespace) -> dict[str, Any]:
    """As `GetChannelNamespace` returns it; times in epoch seconds."""
    assert namespace.backend is not None, "moto sets it"
    return {
        "apiId": namespace.api_id,
        "name": namespace.name,
        "subscribeAuthModes": namespace.subscribe_auth_modes or [],
        "publishAuthModes": namespace.publish_auth_modes or [],
        "tags": namespace.backend.list_tags_for_resource(namespace.channel_namespace_arn),
        "channelNamespaceArn": namespace.channel_namespace_arn,
        "created": namespace.created.timestamp(),
        "lastModified": namespace.last_modified.timestamp(),
    }
