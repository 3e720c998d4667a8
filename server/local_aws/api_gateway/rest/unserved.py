"""What of a method this stand-in cannot serve, in words. A call of the API is refused for it; an import, in
which it is one of many methods, is not: then whoever calls the method is told."""

from collections.abc import Mapping
from typing import Any

from moto.apigateway.models import Integration, IntegrationResponse, Method

from server.local_aws.api_gateway.rest import mock
from server.local_aws.api_gateway.rest.mapping_template import TemplateFailure
from server.local_aws.control_plane.call import ApiError, bad_request

TYPES = ("AWS_PROXY", "HTTP_PROXY", "MOCK")


def refusal(place: str, reason: str) -> ApiError:
    """The refusal of a call that asks for `reason`, which cannot be served, at `place`."""
    return bad_request(f"The local stand-in does not serve {place} with {reason}")


def unserved_method(method: Method) -> str:
    """Return why the method cannot be served as it is, or ""."""
    authorization = method.authorization_type or "NONE"
    if reason := unserved_access(authorization, bool(method.api_key_required)):
        return reason
    return unserved_integration(method.method_integration) if method.method_integration else ""


def unserved_access(authorization: str, api_key: bool) -> str:
    if authorization == "NONE" and not api_key:
        return ""
    return f"authorization {authorization}" if authorization != "NONE" else "API keys"


def unserved_integration(held: Integration) -> str:
    settings = {
        "type": held.integration_type,
        "connectionType": held.connection_type,
        "requestTemplates": held.request_templates,
    }
    if reason := unserved_settings(settings):
        return reason
    responses = held.integration_responses or {}
    return next(filter(None, map(unserved_response, responses.values())), "")


def unserved_settings(settings: Mapping[str, Any]) -> str:
    """The same of the settings of an integration, by the names of the API."""
    kind = settings.get("type")
    if kind not in TYPES:
        return f"integrations of type {kind}"
    if settings.get("connectionType") == "VPC_LINK":
        return "VPC links"
    return unserved_templates(settings.get("requestTemplates")) if kind == "MOCK" else ""


def unserved_response(held: IntegrationResponse) -> str:
    return unserved_response_settings(
        {"responseTemplates": held.response_templates, "selectionPattern": held.selection_pattern}
    )


def unserved_response_settings(settings: Mapping[str, Any]) -> str:
    """The same of the settings of an integration response, by the names of the API."""
    try:
        mock.check_pattern(settings.get("selectionPattern"))
    except TemplateFailure as failure:
        return str(failure)
    return unserved_templates(settings.get("responseTemplates"))


def unserved_templates(templates: Any) -> str:
    try:
        mock.check(templates if isinstance(templates, dict) else {})
    except TemplateFailure as failure:
        return str(failure)
    return ""
