"""OpenAPI documents that are imported over an HTTP API (`ReimportApi`): checked before moto reads them.

moto drops what a document says about who may call: such a document is refused, for its routes would be open
to everybody. Docs: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html (checked
2026-11).
"""

from typing import Any

import yaml

from server.local_aws.api_gateway.common.openapi_security import asks_who_calls
from server.local_aws.api_gateway.http.routes import METHODS, wrong_with
from server.local_aws.control_plane.call import bad_request

ANY, DEFAULT = "x-amazon-apigateway-any-method", "/$default"


def check_document(text: object) -> dict[str, Any] | None:
    """The CORS configuration of the document, None without one. Raises `ApiError` for a document that is
    none, that asks who calls, or that has a path that no route may have."""
    try:
        document = yaml.safe_load(text) if isinstance(text, str) else None
    except yaml.YAMLError:
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        raise bad_request("Unable to parse the OpenAPI document: it must be an object with paths")
    if asks_who_calls(document):
        raise bad_request("The local stand-in imports routes without authorization or API key only")
    for path, methods in document["paths"].items():
        for name in methods if isinstance(methods, dict) else ():
            method = "ANY" if name == ANY else str(name).upper()
            if path != DEFAULT and method in METHODS and (reason := wrong_with(f"{method} {path}")):
                raise bad_request(f"The path {path!r} is not valid for an HTTP API: {reason}")
    return document.get("x-amazon-apigateway-cors")
