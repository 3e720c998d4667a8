"""What AWS's answers about APIs and keys have, and moto's have not: ids of AWS's form, settings, defaults.

Terraform reads all of it back, and plans a change for what differs
(github.com/hashicorp/terraform-provider-aws, internal/service/appsync, checked 2026-11). Docs:
docs.aws.amazon.com/appsync/latest/APIReference/ API_CreateGraphqlApi.html, …/API_ApiKey.html and
…/API_Api.html (checked 2026-11).
"""

import secrets
import string
from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any

from botocore.model import Shape
from moto.appsync.models import EventsAPI, EventsAPIKey, GraphqlAPI, GraphqlAPIKey

from server.local_aws.appsync.deployed import Api, backend, events_api, graphql_api
from server.local_aws.control_plane.aws_json import violations
from server.local_aws.control_plane.call import bad_request, not_found
from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.control_plane.operations import service_model

ID_LENGTH = 26
KEY_PREFIX = "da2-"
KEPT_AFTER_EXPIRY = timedelta(days=60)

DEFAULTS: Mapping[str, Any] = {
    "apiType": "GRAPHQL",
    "introspectionConfig": "ENABLED",
    "queryDepthLimit": 0,
    "resolverCountLimit": 0,
}
OPTIONAL = ("enhancedMetricsConfig", "mergedApiExecutionRoleArn", "ownerContact")
KEPT_BY_MOTO = {
    "additionalAuthenticationProviders": "additional_authentication_providers",
    "lambdaAuthorizerConfig": "lambda_authorizer_config",
    "logConfig": "log_config",
    "openIDConnectConfig": "open_id_connect_config",
    "userPoolConfig": "user_pool_config",
}
"""What an update takes away when it does not name it, and moto's attribute for it."""


class CompleteGraphqlAPI(GraphqlAPI):
    """moto's GraphQL API and the settings that moto has not."""

    more: dict[str, Any]

    def update_settings(self, settings: Mapping[str, Any]) -> None:
        """What an update does not name is as it was by default; the type of an API stays."""
        kept = {"apiType": self.more["apiType"]}
        self.more = {**settings_of(settings), **kept}
        for name, attribute in KEPT_BY_MOTO.items():
            setattr(self, attribute, settings.get(name))
        self.xray_enabled = bool(settings.get("xrayEnabled"))

    def document(self) -> dict[str, Any]:
        """What its answers have beside moto's."""
        return {**self.more, "apiId": self.api_id, "arn": self.arn, "owner": ACCOUNT_ID}


def settings_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: settings[name] for name in (*DEFAULTS, *OPTIONAL) if settings.get(name) is not None}
    return {**DEFAULTS, **given}


def check(operation: str, settings: Mapping[str, Any]) -> None:
    """Raise `ApiError` for values that the operation does not take, and for a merged API."""
    model = service_model("appsync")
    assert model is not None
    shape: Shape = model.operation_model(operation).input_shape
    if found := next(violations(shape, dict(settings), ""), None):
        raise bad_request(f"1 validation error detected: {found}")
    if settings.get("apiType") == "MERGED":
        raise bad_request("The local stand-in has no merged APIs")


def complete_graphql(api: Api, settings: Mapping[str, Any]) -> Api:
    """Give the GraphQL API that moto has just created an id of AWS's form, and its settings; return its
    address."""
    held = graphql_api(api)
    named = Api(api.region, new_id())
    made: CompleteGraphqlAPI = object.__new__(CompleteGraphqlAPI)
    made.__dict__.update(held.__dict__, api_id=named.api_id, arn=named.arn, more=settings_of(settings))
    kept = backend(api.region).graphql_apis
    kept[named.api_id] = made
    del kept[api.api_id]
    move_tags(api, named)
    return named


def complete_events(api: Api) -> Api:
    """The same of an Event API."""
    held: EventsAPI = events_api(api)
    named = Api(api.region, new_id())
    held.api_id = named.api_id
    held.api_arn = named.arn
    kept = backend(api.region).events_apis
    kept[named.api_id] = kept.pop(api.api_id)
    move_tags(api, named)
    return named


def move_tags(old: Api, new: Api) -> None:
    kept = backend(old.region)
    tags = kept.list_tags_for_resource(old.arn)
    kept.tagger.delete_all_tags_for_resource(old.arn)
    kept.tag_resource(new.arn, tags)


def complete_key(api: Api, key_id: str) -> str:
    """Give the key that moto has just created an id of AWS's form; return it."""
    keys = keys_of(api)
    key = keys.pop(key_id)
    key.key_id = f"{KEY_PREFIX}{new_id()}"
    keys[key.key_id] = key
    return key.key_id


def key_document(api: Api, key_id: str) -> dict[str, Any]:
    """A key as AWS shows it: it expires at a full hour, and is deleted sixty days later."""
    key = keys_of(api)[key_id]
    key.expires = key.expires.replace(minute=0, second=0, microsecond=0)
    expires = key.expires.replace(tzinfo=UTC)
    document = {
        "id": key.key_id,
        "description": key.description,
        "expires": int(expires.timestamp()),
        "deletes": int((expires + KEPT_AFTER_EXPIRY).timestamp()),
    }
    return {name: value for name, value in document.items() if value is not None}


def keys_of(api: Api) -> dict[str, GraphqlAPIKey | EventsAPIKey]:
    """The keys of an API, by their ids. Raises `ApiError` (404)."""
    kept = backend(api.region)
    holder = kept.graphql_apis.get(api.api_id) or kept.events_apis.get(api.api_id)
    if holder is None:
        raise not_found(f"API {api.api_id} not found.")
    keys: dict[str, Any] = holder.api_keys
    return keys


def new_id() -> str:
    """Return an id of lower-case letters and digits, which begins with a letter."""
    rest = (secrets.choice(string.ascii_lowercase + string.digits) for _ in range(ID_LENGTH - 1))
    return secrets.choice(string.ascii_lowercase) + "".join(rest)
