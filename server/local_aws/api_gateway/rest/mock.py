"""MOCK integrations: nobody is asked, templates alone make the answer. Pure mappings.

Docs (checked 2026-11): docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html,
…/how-to-cors.html and …/integration-passthrough-behaviors.html. What is selected, and what fails, was
recorded on AWS by github.com/localstack/localstack (localstack-core/…/execute_api/handlers, 2025) and
github.com/localstack/airspeed (tests/test_templating.py, 2025-05: a comma after the status code does no
harm).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moto.apigateway.models import Integration, IntegrationResponse

from server.local_aws.api_gateway.common.request import GatewayRequest, Target
from server.local_aws.api_gateway.rest import mapping_template
from server.local_aws.api_gateway.rest.mapping import value_of
from server.local_aws.api_gateway.rest.mapping_template import TemplateFailure
from server.local_aws.api_gateway.rest.payload import UNTYPED
from server.local_aws.api_gateway.rest.template_variables import Variables, variables_of, with_body
from server.local_aws.http1.answering import has
from server.local_aws.http1.exchange import Header

HEADER = "method.response.header."
IGNORED_COMMA = re.compile(r",(?=\s*\})")

Answered = tuple[int, list[Header], bytes]


class UnsupportedMediaType(Exception):
    """No template is there for the content type, and the body may not pass without one."""


@dataclass(frozen=True)
class MockResponse:
    """An integration response. `pattern`: a regular expression of status codes, "" for the default."""

    pattern: str
    status: int
    parameters: Mapping[str, str]
    templates: Mapping[str, str]

    @classmethod
    def of(cls, held: IntegrationResponse) -> "MockResponse":
        templates = {kind: text or "" for kind, text in (held.response_templates or {}).items()}
        parameters = dict(held.response_parameters or {})
        return cls(held.selection_pattern or "", int(held.status_code), parameters, templates)


@dataclass(frozen=True)
class Mock:
    """A MOCK integration: request templates by content type, and its responses."""

    templates: Mapping[str, str]
    passthrough: str
    responses: Sequence[MockResponse]

    @classmethod
    def of(cls, held: Integration) -> "Mock":
        responses = [MockResponse.of(each) for each in (held.integration_responses or {}).values()]
        templates = {kind: text or "" for kind, text in (held.request_templates or {}).items()}
        return cls(templates, held.passthrough_behaviour or "WHEN_NO_MATCH", responses)

    def answer(self, request: GatewayRequest, target: Target) -> Answered:
        """Return status, headers and body. Raises `UnsupportedMediaType`, and `TemplateFailure` for a request
        template without a status code, a status code without a response, and a template that fails."""
        variables = variables_of(request, target)
        template = self._request_template(request)
        body = variables["input"]["body"]
        if template is not None:
            body = mapping_template.render(template, variables)
        return self._respond(self._select(status_code(body)), request, target, variables)

    def _request_template(self, request: GatewayRequest) -> str | None:
        """Return the template for the request's content type, None if the body passes as it is."""
        kind = media_type(request.header("content-type") or UNTYPED)
        for name in (kind, "$default"):
            if name in self.templates:
                return self.templates[name]
        if self.passthrough == "WHEN_NO_MATCH" or (
            self.passthrough == "WHEN_NO_TEMPLATES" and not self.templates
        ):
            return None
        raise UnsupportedMediaType(kind)

    def _select(self, status: int) -> MockResponse:
        selected = [
            each for each in self.responses if each.pattern and re.fullmatch(each.pattern, str(status))
        ]
        selected += [each for each in self.responses if not each.pattern]
        if not selected:
            raise TemplateFailure(f"no integration response for {status}, and no default")
        return selected[0]

    def _respond(
        self, response: MockResponse, request: GatewayRequest, target: Target, variables: Variables
    ) -> Answered:
        headers = {}
        for name, source in response.parameters.items():
            value = value_of(source, request, target)
            if name.startswith(HEADER) and value is not None:
                headers[name.removeprefix(HEADER)] = value
        kind, template = response_template(response.templates, request.header("accept"))
        body = mapping_template.render(template, with_body(variables, "")) if template else ""
        override = variables["context"]["responseOverride"]
        overridden = override.get("header") or {}
        headers.update((name, str(value)) for name, value in overridden.items() if value is not None)
        status = override.get("status")
        if not isinstance(status, int) or not 100 <= status < 600:
            status = response.status
        answered = list(headers.items())
        if kind and not has(answered, "content-type"):
            answered.append(("Content-Type", kind))
        return status, answered, body.encode()


def status_code(body: str) -> int:
    """Return the status code in what a request template has written. Raises `TemplateFailure`."""
    try:
        document = json.loads(IGNORED_COMMA.sub("", body))
    except (ValueError, RecursionError):
        document = None
    status = document.get("statusCode") if isinstance(document, dict) else None
    if not isinstance(status, int) or isinstance(status, bool):
        raise TemplateFailure("the request template gives no statusCode that is an integer")
    return status


def response_template(templates: Mapping[str, str], accept: str) -> tuple[str, str]:
    """Return content type and text of the template that the client asks for, else of that for JSON, else of
    the first one; both "" if there is none."""
    wanted = [media_type(each) for each in accept.split(",")]
    for kind in (*wanted, UNTYPED, *templates):
        if kind in templates:
            return kind, templates[kind]
    return "", ""


def media_type(value: str) -> str:
    return value.partition(";")[0].strip().lower()


def check(held: Mapping[str, str] | None) -> None:
    """Raise `TemplateFailure`, which says for which content type, for a template that is not evaluated
    here."""
    for kind, text in (held or {}).items():
        try:
            mapping_template.check(text or "")
        except TemplateFailure as failure:
            raise TemplateFailure(f"the template for {kind}: {failure}") from None


def check_pattern(pattern: str | None) -> None:
    """Raise `TemplateFailure` for a selection pattern that is no regular expression."""
    try:
        re.compile(pattern or "")
    except re.error as error:
        raise TemplateFailure(f"the selection pattern {pattern!r}: {error}") from None
