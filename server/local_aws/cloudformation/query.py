"""CloudFormation's protocol, AWS's query protocol, by moto's readers and writers of it.

Protocol: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html (checked 2026-11).
"""

import uuid
from collections.abc import Mapping
from typing import Any

from botocore.validate import ParamValidator
from moto.core.model import OperationModel
from moto.core.parse import QueryParser
from moto.core.serialize import QuerySerializer, SerializationContext
from moto.core.utils import get_service_model

from server.local_aws.control_plane.aws_json import violations
from server.local_aws.control_plane.call import ApiAnswer, ApiCall, ApiError
from server.local_aws.control_plane.operations import from_form


def operation_of(call: ApiCall) -> OperationModel | None:
    """Return the operation that `call` asks for; None if CloudFormation has none of its name."""
    model, name = get_service_model("cloudformation"), from_form(call).get("Action", "")
    return model.operation_model(name) if name in model.operation_names else None


def read(operation: OperationModel, call: ApiCall) -> dict[str, Any]:
    """Return the parameters of `call`. Raises `ApiError`, 400, for those that are not valid."""
    parser = QueryParser(operation)
    try:
        found: dict[str, Any] = parser.parse({"values": from_form(call)})  # type: ignore[typeddict-item]
    except (ValueError, TypeError):
        raise ApiError(400, "ValidationError", "A parameter is not of its type") from None
    shape = operation.input_shape
    if shape is None:
        return {}
    report = ParamValidator().validate(found, shape)
    if report.has_errors():
        raise ApiError(400, "ValidationError", report.generate_report())
    if broken := list(violations(shape, found, "")):
        count = f"{len(broken)} validation error{'s' if len(broken) > 1 else ''} detected: "
        raise ApiError(400, "ValidationError", count + "; ".join(broken))
    return found


def answer(operation: OperationModel, result: Mapping[str, Any]) -> ApiAnswer:
    """Return the document of what the operation returns."""
    request = str(uuid.uuid4())
    document = QuerySerializer(operation, SerializationContext(request)).serialize(result)
    body = document["body"]
    headers = [("Content-Type", "text/xml"), ("x-amzn-RequestId", request)]
    return ApiAnswer(200, headers, body.encode() if isinstance(body, str) else body)
