"""From what a function returns to HTTP: any JSON, any bytes; only the documented refusals are raised."""

import contextlib
import json
from typing import Any

import h11
from hypothesis import given, settings
from hypothesis import strategies as st

from server.local_aws.api_gateway.common import result
from server.local_aws.api_gateway.http import payload_v2
from server.local_aws.api_gateway.websocket.gateway import output, subprotocols
from server.local_aws.api_gateway.websocket.integration import IntegrationFailure
from server.local_aws.aws_lambda.api import invoke_complete
from server.local_aws.aws_lambda.failure import FunctionFailure
from server.local_aws.aws_lambda.function_url import response as url_response
from server.local_aws.aws_lambda.prelude import BadPrelude, PreludeSplitter
from server.local_aws.http1.exchange import encode

TEXTS = st.text(st.characters(exclude_categories=()), max_size=8)
SCALARS = st.one_of(TEXTS, st.integers(), st.floats(), st.booleans(), st.none())
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
)
HEADERS = st.dictionaries(st.sampled_from(["Content-Type", "date", "Content-Length", "x"]) | TEXTS, VALUES)
RESPONSES = st.fixed_dictionaries(
    {"statusCode": st.integers(90, 700) | VALUES},
    optional={
        "headers": HEADERS | VALUES,
        "multiValueHeaders": HEADERS | VALUES,
        "cookies": st.lists(VALUES) | VALUES,
        "body": TEXTS | VALUES,
        "isBase64Encoded": st.booleans() | VALUES,
    },
)
RESULTS = st.one_of(RESPONSES, VALUES).map(lambda value: json.dumps(value).encode()) | st.binary()


def sendable(status: int, headers: list[tuple[str, str]]) -> None:
    with contextlib.suppress(h11.LocalProtocolError):  # front doors answer it with their own 502 or 500
        h11.Response(status_code=status, headers=encode(headers))


@settings(max_examples=500, deadline=None)
@given(RESULTS)
def test_any_result_is_a_response_or_is_refused(document: bytes) -> None:
    with contextlib.suppress(url_response.BadResult):
        response = url_response.from_result(document)
        sendable(response.status, response.headers)
    for mapped in (result.from_rest_result, result.from_http_result):
        with contextlib.suppress(result.BadResult):
            answer = mapped(document)
            sendable(answer.status, answer.headers)
            answer.decoded()
    with contextlib.suppress(result.BadResult):
        payload_v2.from_result(document)
    with contextlib.suppress(BadPrelude):
        splitter = PreludeSplitter(16_384)
        splitter.feed(document + b"\0" * 8)
        if splitter.prelude is not None:
            sendable(*url_response.from_prelude(splitter.prelude))
            sendable(*result.from_prelude(splitter.prelude))


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_any_result_is_a_message_of_a_websocket_api(value: Any) -> None:
    with contextlib.suppress(IntegrationFailure):
        output(value)
    with contextlib.suppress(IntegrationFailure):
        subprotocols(value)


@settings(max_examples=200, deadline=None)
@given(TEXTS, RESULTS)
def test_any_failure_can_be_told(error_type: str, document: bytes) -> None:
    failure = FunctionFailure(error_type, document)
    assert isinstance(failure.message, str)
    json.loads(invoke_complete(failure, document))
