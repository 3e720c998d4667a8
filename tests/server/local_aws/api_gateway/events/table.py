"""What a row of the tables is, and where their facts come from.

A row whose source is `UNCONFIRMED` rests on nothing but a choice of the stand-in's: it holds that the choice
is made, not that AWS makes it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

UNCONFIRMED = "UNCONFIRMED: a choice of this stand-in"

GUIDE = "docs.aws.amazon.com/apigateway/latest/developerguide/{} (checked 2026-11)"
DOC_REST = GUIDE.format("set-up-lambda-proxy-integrations.html")
DOC_BINARY = GUIDE.format("lambda-proxy-binary-media.html")
DOC_REMAPPED = GUIDE.format("api-gateway-known-issues.html")
DOC_HTTP = GUIDE.format("http-api-develop-integrations-lambda.html")
DOC_ROUTES = GUIDE.format("http-api-develop-routes.html")
DOC_STAGES = GUIDE.format("http-api-stages.html")
DOC_CORS = GUIDE.format("http-api-cors.html")
DOC_STREAM = GUIDE.format("response-transfer-mode-lambda.html")
DOC_WS = GUIDE.format("apigateway-websocket-api-route-keys-connect-disconnect.html")
DOC_OVERVIEW = GUIDE.format("apigateway-websocket-api-overview.html")
DOC_WS_EVENT = GUIDE.format("apigateway-websocket-api-integration-requests.html")
DOC_WS_AUTH = GUIDE.format("apigateway-websocket-api-lambda-auth.html")
DOC_WS_SELECT = GUIDE.format("apigateway-websocket-api-selection-expressions.html")
DOC_WS_PROTOCOL = GUIDE.format("websocket-connect-route-subprotocol.html")
DOC_WS_BINARY = GUIDE.format("websocket-api-develop-binary-media-types.html")
DOC_CONNECTIONS = GUIDE.format("apigateway-how-to-call-websocket-api-connections.html")
DOC_CREATE_ROUTE = "docs.aws.amazon.com/apigatewayv2/latest/api-reference (CreateRoute, checked 2026-11)"

LOCALSTACK = (
    "recorded on AWS, 2024-07: github.com/localstack/localstack, "
    "tests/aws/services/apigateway/test_apigateway_lambda.snapshot.json"
)
LOCALSTACK_RESULTS = (
    "tried on AWS, 2024-11: github.com/localstack/localstack/pull/11856, "
    "test_aws_proxy_response_payload_format_validation"
)
LOCALSTACK_EMPTY = (
    "tried on AWS, 2024: github.com/localstack/localstack, test_lambda_aws_proxy_response_format"
)
LOCALSTACK_HTTP = (
    "tried on AWS, 2024: github.com/localstack/localstack, …_payload_format_validation_v1 and _v2"
)
LOCALSTACK_WS = "an event from AWS, 2022-11: github.com/localstack/localstack/issues/7191"
VOKER_REST = "captured on AWS, 2026-07: github.com/hotsock/voker, vokerhttp/testdata/apigwv1-request.json"
VOKER_HTTP = "captured on AWS, 2026-07: github.com/hotsock/voker, vokerhttp/testdata/apigwv2-request.json"
VOKER_PATHS = "captured on AWS, 2026-07: github.com/hotsock/voker, vokerhttp/testdata/ingress-paths.json"
MANTIL = "events from AWS, 2022-02: github.com/mantil-io/go-lambda-examples"
MILLI = "an event from AWS, 2021-01: github.com/milliHQ/terraform-aws-next-js/pull/31"
POWERTOOLS = "github.com/aws-powertools/powertools-lambda-python/issues/621 (2021-08)"
DOTNET = "AWS's own test tool for .NET, tried on AWS, 2025-01: github.com/aws/aws-lambda-dotnet"
MINISTACK = "tried on AWS, 2026-06: github.com/ministackorg/ministack/pull/766"
MINISTACK_REST = "tried on AWS, 2026-06: github.com/ministackorg/ministack/pull/767"
STORACHA = "github.com/storacha/w3infra/pull/166 (2023-03)"
NO_COOKIE = "github.com/dougmoscrop/serverless-http/issues/159 and Kludex/mangum/pull/153 (2020)"
PART = "an answer from AWS, 2021-12: github.com/serverless/serverless/issues/10423"
CDK_METHOD = "an answer from AWS, 2020-09: github.com/aws/aws-cdk/issues/10230"
STAGED = "an event from AWS, 2022-08, for a stage `sandbox` (public field notes of an API x4nbaf67j9)"
SAM_ROUTES = "github.com/aws/serverless-application-model/issues/1949 (2021-03)"
LAMBDA_PROXY = "a log from AWS, 2022-11: github.com/vincentsarago/lambda-proxy/issues/59"
SST = "github.com/anomalyco/sst/issues/2760 (2023-04)"
SAM_HEADERS = "github.com/aws/aws-sam-cli/issues/221 (2017-12)"
CONTEXT_REFUSED = "tried on AWS, 2022-04: github.com/dherault/serverless-offline/pull/1376"
CONTEXT_STRINGS = "an event from AWS, 2024-06: github.com/DefinitelyTyped/DefinitelyTyped/pull/69823"
OFFLINE = "github.com/dherault/serverless-offline/issues/749 (2019-07)"
MINISTACK_JWT = "github.com/ministackorg/ministack/issues/1116 (2026-07)"
ONLY_CONNECT = "github.com/serverless/serverless-websockets-plugin/pull/20 (2019-01)"
DEFLATE = "captured on AWS, 2021-10: github.com/python-websockets/websockets/issues/1065"
CDK_CORS = "github.com/aws/aws-cdk/issues/9076 (2020-07)"
SLSWS = "a test suite that runs on AWS: serverless-offline's websocket tests (2019)"


class Absent:
    """The key is not there: not even null."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()
Header = tuple[str, str]


@dataclass(frozen=True)
class Sent:
    """A request, byte for byte but for `Host` and, with a body, `Content-Length`."""

    target: str
    method: str = "GET"
    headers: Sequence[Header] = ()
    body: bytes | None = None


@dataclass(frozen=True)
class EventRow:
    """`state` of a `field` in the request; `expected`: what the event has, by dotted paths into it. A pattern
    must match the whole value."""

    field: str
    state: str
    sent: Sent
    expected: Mapping[str, Any]
    source: str


@dataclass(frozen=True)
class AnswerRow:
    """What a client gets of a function's `result`. `headers` must be there, each as often as it is given;
    `without` must not. A `body` of None is not looked at."""

    what: str
    result: bytes
    status: int
    body: bytes | None
    source: str
    headers: Sequence[Header] = ()
    without: Sequence[str] = ()
    accept: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


def at(document: Any, path: str) -> Any:
    """The value at the dotted `path`, `ABSENT` if there is none. A part in brackets may have dots."""
    for name in re.findall(r"\[([^\]]*)\]|([^.\[\]]+)", path):
        key = name[0] or name[1]
        if not isinstance(document, dict) or key not in document:
            return ABSENT
        document = document[key]
    return document


def differences(document: Any, expected: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What is wrong: by path, what is right and what was found."""
    wrong = {}
    for path, right in expected.items():
        found = at(document, path)
        fits = (
            isinstance(found, str) and right.fullmatch(found)
            if isinstance(right, re.Pattern)
            else type(found) is type(right) and found == right
        )
        if not fits:
            wrong[path] = (right, found)
    return wrong
