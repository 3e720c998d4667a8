"""The AWS JSON protocol, by botocore's own models of the services: for those whose control plane is ours.

Protocol: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html (checked 2026-11).
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.session import get_session
from botocore.validate import ParamValidator

from server.local_aws.control_plane.call import ApiAnswer, ApiCall, ApiError
from server.local_aws.control_plane.refusals import with_content_type


class JsonService:
    """Reads calls of `service` and writes answers, as its model describes them.

    `invalid` is the name of the service's own error for parameters that are not valid.
    """

    def __init__(self, service: str, invalid: str) -> None:
        self._model = get_session().get_service_model(service)
        self._prefix = f"{self._model.metadata['targetPrefix']}."
        self._invalid = invalid

    def operation_name(self, call: ApiCall) -> str | None:
        """Which operation `call` is; None if it is a call of another service."""
        target = call.header("x-amz-target")
        return target.removeprefix(self._prefix) if target.startswith(self._prefix) else None

    def read(self, call: ApiCall) -> dict[str, Any]:
        """Return the parameters of `call`, valid. Raises `ApiError`: 400."""
        operation = self._operation(call)
        parameters = call.members
        shape = operation.input_shape
        assert shape is not None
        report = ParamValidator().validate(parameters, shape)
        if report.has_errors():
            raise ApiError(400, self._invalid, report.generate_report())
        if found := list(violations(shape, parameters, "")):
            count = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: "
            raise ApiError(400, self._invalid, count + "; ".join(found))
        return parameters

    def answer(self, call: ApiCall, result: dict[str, Any]) -> ApiAnswer:
        """What the operation returns: of `result` the members that its output has."""
        shape = self._operation(call).output_shape
        answer = ApiAnswer.of(200, serialised(shape, result) if shape else {})
        return with_content_type(answer, f"application/x-amz-json-{self._model.metadata['jsonVersion']}")

    def _operation(self, call: ApiCall) -> OperationModel:
        name = self.operation_name(call)
        if name not in self._model.operation_names:
            raise ApiError(400, "UnknownOperationException", f"There is no operation {name}")
        return self._model.operation_model(name)


def violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """What botocore does not check and AWS does: enums, patterns and the upper bounds, in AWS's words."""
    if isinstance(shape, StructureShape):
        for name, member in value.items():
            if name in shape.members:
                yield from violations(shape.members[name], member, f"{path}.{name}".lstrip("."))
    elif isinstance(shape, ListShape):
        for number, member in enumerate(value, 1):
            yield from violations(shape.member, member, f"{path}.{number}.member")
    elif isinstance(shape, MapShape):
        for name, member in value.items():
            yield from violations(shape.value, member, f"{path}.{name}")
    elif constraint := broken_constraint(shape, value):
        yield f"Value '{value}' at '{path}' failed to satisfy constraint: Member must {constraint}"


def broken_constraint(shape: Shape, value: Any) -> str | None:
    if allowed := shape.metadata.get("enum"):
        return None if value in allowed else f"satisfy enum value set: [{', '.join(allowed)}]"
    maximum = shape.metadata.get("max")
    if maximum is not None:
        if isinstance(value, str) and len(value) > maximum:
            return f"have length less than or equal to {maximum}"
        if isinstance(value, int) and value > maximum:
            return f"have value less than or equal to {maximum}"
    pattern = shape.metadata.get("pattern")
    if pattern and "\\p{" not in pattern and not re.fullmatch(pattern, value):  # Python has no \p{…}
        return f"satisfy regular expression pattern: {pattern}"
    return None


def serialised(shape: Shape, value: Any) -> Any:
    """`value` as JSON has it: times are seconds, members that the model does not know or that are None are
    left out."""
    if isinstance(shape, StructureShape):
        known = {name: member for name, member in value.items() if name in shape.members}
        return {
            name: serialised(shape.members[name], member)
            for name, member in known.items()
            if member is not None
        }
    if isinstance(shape, ListShape):
        return [serialised(shape.member, member) for member in value]
    return value.timestamp() if isinstance(value, datetime) else value
