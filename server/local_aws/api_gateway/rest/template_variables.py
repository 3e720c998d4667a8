"""What a mapping template can ask: `$input`, `$context`, `$stageVariables` and `$util`.

Docs: docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
(checked 2026-11). What `$input` is without a body, and how objects are printed: recordings of AWS in
github.com/localstack/localstack, localstack-core/…/execute_api/template_mapping.py (2025).
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_plus, unquote, unquote_plus

from server.local_aws.api_gateway.common.request import GatewayRequest, Target, request_context
from server.local_aws.api_gateway.rest.mapping_template import Parameters, TemplateFailure, as_java, at

Variables = dict[str, Any]


def variables_of(request: GatewayRequest, target: Target) -> Variables:
    """Return the variables of a request's template. Those of the template of its response are the same, with
    `$input` of the integration's body (`with_body`)."""
    context = as_java(request_context(request, target))
    context["requestOverride"] = as_java({"header": {}, "path": {}, "querystring": {}})
    context["responseOverride"] = as_java({"header": {}})
    parameters = Parameters(
        path=Parameters({name: unquote(value) for name, value in target.path_parameters.items()}),
        querystring=Parameters(request.parameters),
        header=Parameters(request.headers),
    )
    variables = {
        "context": context,
        "stageVariables": as_java(dict(target.stage_variables)),
        "util": dict(UTIL),
        "parameters": parameters,
    }
    return with_body(variables, request.body.decode("utf-8", "replace"))


def with_body(variables: Variables, body: str) -> Variables:
    """Return `variables` with the `$input` of this body."""
    parameters = variables["parameters"]

    def params(name: str | None = None) -> Any:
        """The parameters, or the one of this name: of the path, the query or the headers."""
        if name is None:
            return parameters
        return next((values[name] for values in parameters.values() if name in values), "")

    def path(expression: str) -> Any:
        return as_java(at(document_of(body), expression))

    def as_json(expression: str) -> str:
        found = at(document_of(body), expression)
        return json.dumps("" if found is None else found, separators=(",", ":"), ensure_ascii=False)

    given = {"body": body or "{}", "params": params, "path": path, "json": as_json}
    return {**variables, "input": given}


def document_of(body: str) -> Any:
    """Return the JSON in a body, an empty object without one. Raises `TemplateFailure`."""
    try:
        return json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError):
        raise TemplateFailure("the body is not JSON") from None


def escape_java_script(text: Any) -> str:
    """Quotes are escaped, single ones as well: `\\'`."""
    return json.dumps(str(text))[1:-1].replace("'", "\\'")


UTIL: Mapping[str, Callable[[Any], Any]] = {
    "base64Decode": lambda text: base64.b64decode(text).decode("utf-8", "replace"),
    "base64Encode": lambda text: base64.b64encode(str(text).encode()).decode(),
    "escapeJavaScript": escape_java_script,
    "parseJson": lambda text: as_java(json.loads(text)),
    "urlDecode": lambda text: unquote_plus(str(text)),
    "urlEncode": lambda text: quote_plus(str(text)),
}
