"""What moto keeps of AppSync APIs, as the data plane needs it: looked up at each use, so always current."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.appsync.models import AppSyncBackend, ChannelNamespace, EventsAPI, GraphqlAPI, appsync_backends

from server.local_aws.control_plane.call import bad_request, not_found
from server.local_aws.control_plane.moto import ACCOUNT_ID

SUPPORTED_MODES = ("API_KEY", "AWS_IAM")


@dataclass(frozen=True)
class Api:
    """The address of an API in the control plane."""

    region: str
    api_id: str

    @property
    def arn(self) -> str:
        return f"arn:aws:appsync:{self.region}:{ACCOUNT_ID}:apis/{self.api_id}"


def backend(region: str) -> AppSyncBackend:
    try:
        return appsync_backends[ACCOUNT_ID][region]
    except KeyError:
        raise bad_request(f"There is no Region {region}") from None


def exists(api: Api) -> bool:
    kept = backend(api.region)
    return api.api_id in kept.graphql_apis or api.api_id in kept.events_apis


def graphql_api(api: Api) -> GraphqlAPI:
    """Raises `ApiError` (404)."""
    found = backend(api.region).graphql_apis.get(api.api_id)
    if found is None:
        raise not_found(f"GraphQL API {api.api_id} not found.")
    return found


def events_api(api: Api) -> EventsAPI:
    """Raises `ApiError` (404)."""
    found = backend(api.region).events_apis.get(api.api_id)
    if found is None:
        raise not_found(f"Events API {api.api_id} not found.")
    return found


def namespace(api: Api, name: str) -> ChannelNamespace | None:
    return next((found for found in events_api(api).channel_namespaces if found.name == name), None)


def is_valid_key(api: Api, key: str, now: datetime | None = None) -> bool:
    """Return whether `key` is an API key of this API that has not expired. `now` has a time zone."""
    kept = backend(api.region)
    holder = kept.graphql_apis.get(api.api_id) or kept.events_apis.get(api.api_id)
    found = holder.api_keys.get(key) if holder is not None else None
    if found is None:
        return False
    return found.expires.replace(tzinfo=UTC) > (now or datetime.now(UTC))


def check_mode(mode: object) -> None:
    """Raise `ApiError` for an authorization mode that would not be enforced here."""
    if mode not in SUPPORTED_MODES:
        raise bad_request(f"The local stand-in authorizes by {' and '.join(SUPPORTED_MODES)}, not {mode}")


def graphql_modes(api: Api) -> list[str]:
    """Return the API's authorization modes, its default first."""
    found = graphql_api(api)
    more: Sequence[Any] = found.additional_authentication_providers or []
    return [found.authentication_type, *(provider["authenticationType"] for provider in more)]


def event_modes(api: Api, operation: str, name: str = "") -> list[str]:
    """The modes for an operation: "connection", "subscribe" or "publish" (the last two in namespace `name`,
    whose own modes replace the API's)."""
    config: Mapping[str, Any] = events_api(api).event_config or {}
    if operation == "connection":
        return auth_types(config.get("connectionAuthModes"))
    found = namespace(api, name)
    own = None
    if found is not None:
        own = found.subscribe_auth_modes if operation == "subscribe" else found.publish_auth_modes
    return auth_types(own or config.get(f"default{operation.title()}AuthModes"))


def auth_types(modes: Sequence[Mapping[str, str]] | None) -> list[str]:
    return [mode.get("authType", "") for mode in modes or []]
