"""API calls that a stack makes of the other services, within this process, in the name of its caller."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from botocore.awsrequest import HeadersDict
from botocore.model import OperationModel, ServiceModel
from botocore.parsers import ResponseParserError, create_parser
from botocore.serialize import create_serializer

from server.local_aws.control_plane.call import ApiAnswer, ApiCall
from server.local_aws.control_plane.operations import service_model
from server.local_aws.iam.identity import ROOT_KEY, Identity

SIGNATURE = (
    "AWS4-HMAC-SHA256 Credential={}/20260101/{}/{}/aws4_request, SignedHeaders=host, Signature=" + "0" * 64
)
"""Says who calls what; nobody verifies it: the call has not left the process."""

Act = Callable[[Identity, ApiCall], Awaitable[ApiAnswer]]


class CallFailed(Exception):
    """A service has refused a call. `code` is the error's name."""

    def __init__(self, service: str, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.service = service
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Calls:
    """Makes calls in a Region, in the name of `caller`, by `act`."""

    act: Act
    caller: Identity
    region: str

    async def make(self, service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the operation of the service (as botocore names both) returns. Raises `CallFailed`."""
        model = model_of(service)
        operation_model = model.operation_model(operation)
        answer = await self.act(self.caller, self._written(model, operation_model, parameters))
        return read(model, operation_model, answer)

    async def text_of(self, bucket: str, key: str, version: str = "") -> str:
        """Return the text of an object in S3. Raises `CallFailed`."""
        more = {"VersionId": version} if version else {}
        answer = await self.make("s3", "GetObject", {"Bucket": bucket, "Key": key, **more})
        body: bytes = answer["Body"]
        return body.decode("utf-8", "replace")

    def _written(
        self, model: ServiceModel, operation: OperationModel, parameters: Mapping[str, Any]
    ) -> ApiCall:
        serializer = create_serializer(protocol_of(model), include_validation=False)
        tokens = {name: str(uuid.uuid4()) for name in operation.idempotent_members}
        request = serializer.serialize_to_request({**tokens, **parameters}, operation)
        query, body = urlencode(request["query_string"] or {}, doseq=True), request["body"]
        path = str(request["url_path"])
        target = path + ("&" if "?" in path else "?") * bool(query) + query
        if isinstance(body, Mapping):
            body = urlencode(body, doseq=True).encode()
        key = self.caller.access_key or ROOT_KEY
        headers = [(name.lower(), str(value)) for name, value in request["headers"].items()]
        headers.append(("authorization", SIGNATURE.format(key, self.region, model.signing_name)))
        return ApiCall(request["method"], target, headers, body.encode() if isinstance(body, str) else body)


@lru_cache(maxsize=64)
def model_of(service: str) -> ServiceModel:
    model = service_model(service)
    assert model is not None
    return model


def protocol_of(model: ServiceModel) -> str:
    """The protocol that moto serves of those the service has."""
    return str(model.metadata["protocol"])


def read(model: ServiceModel, operation: OperationModel, answer: ApiAnswer) -> dict[str, Any]:
    """Return what is in an answer. Raises `CallFailed` for an error."""
    streams = operation.has_streaming_output and answer.status < 300
    response = {
        "status_code": answer.status,
        "headers": HeadersDict(dict(answer.headers)),
        "body": b"" if streams else bytes(answer.body),
        "context": {},
    }
    service = str(model.metadata.get("serviceId", model.service_name))
    try:
        parsed: dict[str, Any] = create_parser(protocol_of(model)).parse(response, operation.output_shape)
    except ResponseParserError:
        message = f"{operation.name} failed: {bytes(answer.body[:200]).decode('utf-8', 'replace')}"
        raise CallFailed(service, answer.status, "InternalFailure", message) from None
    if answer.status >= 300:
        error = parsed.get("Error", {})
        message = error.get("Message") or parsed.get("message") or f"{operation.name} failed"
        raise CallFailed(service, answer.status, str(error.get("Code", "")), str(message))
    parsed.pop("ResponseMetadata", None)
    if streams:
        parsed[operation.output_shape.serialization["payload"]] = answer.body
    return parsed
