"""An error in the protocol of the call that it answers.

Protocols: smithy.io/2.0/aws/protocols (checked 2026-11). JSON's refusals are a 400 whatever their status in
other protocols, as recorded in github.com/elastic/apm-aws-lambda/issues/526.
"""

import struct
import uuid
from dataclasses import replace
from xml.sax.saxutils import escape

from server.local_aws.control_plane.call import ApiAnswer, ApiCall, ApiError
from server.local_aws.control_plane.operations import service_model

QUERY_CODES = {
    "AccessDeniedException": "AccessDenied",
    "InvalidSignatureException": "SignatureDoesNotMatch",
    "MissingAuthenticationTokenException": "MissingAuthenticationToken",
    "UnrecognizedClientException": "InvalidClientTokenId",
    "UnknownOperationException": "InvalidAction",
}
"""How the services with XML protocols call the errors of the others."""


def in_protocol(call: ApiCall, error: ApiError) -> ApiAnswer:
    """Answer `call` with `error`: XML, JSON with `__type`, CBOR, or REST-JSON."""
    protocol = protocol_of(call)
    if protocol == "cbor":
        body = cbor({"__type": error.code, "message": error.message})
        headers = [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
        return ApiAnswer(error.status, headers, body)
    if protocol == "json":
        status = error.status if error.status >= 500 else 400
        answer = ApiAnswer.of(status, {"__type": error.code, message_member(call, error): error.message})
        return with_content_type(answer, content_type_of(call))
    if protocol == "rest-json":
        return error.answer()
    document = xml(protocol, call, QUERY_CODES.get(error.code, error.code), escape(error.message))
    return with_content_type(replace(ApiAnswer.of(error.status), body=document.encode()), "text/xml")


def message_member(call: ApiCall, error: ApiError) -> str:
    """What the service calls the text of this error: `message` or, some of them, `Message`."""
    model = service_model(call.service)
    shapes = [shape for shape in model.error_shapes if shape.name == error.code] if model else []
    return next((name for shape in shapes for name in shape.members if name.lower() == "message"), "message")


def protocol_of(call: ApiCall) -> str:
    """The protocol that `call` is made in, by its form or, where that does not tell, by its service."""
    if call.header("smithy-protocol") == "rpc-v2-cbor":
        return "cbor"
    if call.header("x-amz-target"):
        return "json"
    model = service_model(call.service)
    protocol: str = model.metadata["protocol"] if model else "query" if b"Action=" in call.body else ""
    if protocol in ("query", "ec2") and call.path == "/":
        return protocol
    return "rest-xml" if protocol == "rest-xml" else "rest-json"


def content_type_of(call: ApiCall) -> str:
    """Return the type of an answer to `call`."""
    types = {"cbor": "application/cbor", "rest-json": "application/json"}
    if (protocol := protocol_of(call)) == "json":
        return call.header("content-type") or "application/x-amz-json-1.1"
    return types.get(protocol, "text/xml")


def xml(protocol: str, call: ApiCall, code: str, message: str) -> str:
    """An error as the service's XML protocol has it; `message` is escaped already."""
    request, error = uuid.uuid4(), f"<Code>{code}</Code><Message>{message}</Message>"
    if protocol == "ec2":
        errors = f"<Errors><Error>{error}</Error></Errors>"
        return f"<Response>{errors}<RequestID>{request}</RequestID></Response>"
    if call.service == "s3":
        return f"<Error>{error}<RequestId>{request}</RequestId></Error>"
    model = service_model(call.service)
    namespace = (
        model.metadata.get("xmlNamespace") if model else ""
    ) or "https://iam.amazonaws.com/doc/2010-05-08/"
    return (
        f'<ErrorResponse xmlns="{namespace}"><Error><Type>Sender</Type>{error}</Error>'
        f"<RequestId>{request}</RequestId></ErrorResponse>"
    )


def cbor(document: dict[str, str]) -> bytes:
    """A map of texts (RFC 8949 section 3): each length in four bytes."""
    texts = (text.encode() for pair in document.items() for text in pair)
    return bytes([0xA0 | len(document)]) + b"".join(b"\x7a" + struct.pack(">I", len(t)) + t for t in texts)


def with_content_type(answer: ApiAnswer, content_type: str) -> ApiAnswer:
    others = [field for field in answer.headers if field[0].lower() != "content-type"]
    return replace(answer, headers=[("Content-Type", content_type), *others])
