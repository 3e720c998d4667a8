"""A CloudFormation template: its resources, and the values of their names.

Only what is known before a stack is made has a value: texts, parameters, pseudo parameters, the names and
ARNs of the stack's own resources, and `Fn::Join` and `Fn::Sub` of these.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from server.local_aws.control_plane.call import ApiError
from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.iam.stack_resources import KINDS

SUFFIX = "XXXXXXXXXXXX"
"""Stands for the random end of a name that CloudFormation gives."""

REFERENCE = re.compile(r"\$\{([^}!][^}]*)\}")


class Unknown(Exception):
    """A value that is not known before the stack is made."""


class Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Reads CloudFormation's short forms (`!Ref`), and makes no objects of Python."""


def short_form(loader: Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    name = "Ref" if tag == "Ref" else f"Fn::{tag}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        value = str(value).split(".", 1) if tag == "GetAtt" else value
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {name: value}


Loader.add_multi_constructor("!", short_form)


def parse(text: str) -> dict[str, Any]:
    """Raises `ApiError`, 400, for what is no template."""
    try:
        try:
            document = yaml.load(text, Loader=Loader)
        except (yaml.parser.ParserError, yaml.scanner.ScannerError):
            document = json.loads(text)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        raise invalid("unsupported structure: it has to be JSON or YAML") from None
    resources = document.get("Resources") if isinstance(document, dict) else None
    if not isinstance(resources, dict) or not resources:
        raise invalid("At least one Resources member must be defined")
    for name, resource in resources.items():
        if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            raise invalid(f"[/Resources/{name}] Every Resources object must contain a Type member")
        if not isinstance(resource.get("Properties") or {}, dict):
            raise invalid(f"[/Resources/{name}/Properties] has to be an object")
    return dict(document)


def invalid(message: str) -> ApiError:
    return ApiError(400, "ValidationError", f"Template format error: {message}")


def transforms(document: Mapping[str, Any]) -> bool:
    """Return whether a macro changes the template before it is run."""
    return "Transform" in document or any("Fn::Transform" in each for each in objects(document))


def objects(document: Any) -> Iterator[Mapping[Any, Any]]:
    """The objects in a document, each once: aliases of YAML may make circles."""
    waiting, seen = [document], set()
    while waiting:
        value = waiting.pop()
        if not isinstance(value, (dict, list)) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            yield value
        waiting += value.values() if isinstance(value, dict) else value


@dataclass(frozen=True)
class Template:
    """A template with the values of its parameters, for a stack of this name."""

    document: Mapping[str, Any]
    stack: str
    region: str
    parameters: Mapping[str, str]

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        found: Mapping[str, Mapping[str, Any]] = self.document["Resources"]
        return found

    def text(self, value: Any, depth: int = 0) -> str:
        """What a property's value is. Raises `Unknown`."""
        if depth > 20:
            raise Unknown
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, dict) or len(value) != 1:
            raise Unknown
        function, argument = next(iter(value.items()))
        if function == "Ref" and isinstance(argument, str):
            return self._named(argument, depth + 1)
        if function == "Fn::GetAtt":
            return self._attribute(argument, depth + 1)
        match argument:
            case [str(separator), list(parts)] if function == "Fn::Join":
                return separator.join(self.text(each, depth + 1) for each in parts)
        if function == "Fn::Sub" and isinstance(argument, str):
            return REFERENCE.sub(lambda match: self._substituted(match[1], depth + 1), argument)
        raise Unknown

    def _substituted(self, name: str, depth: int) -> str:
        return self._attribute(name.split(".", 1), depth) if "." in name else self._named(name, depth)

    def _named(self, name: str, depth: int) -> str:
        """What `Ref` gives: a parameter, or the name of a resource."""
        pseudo = {
            "AWS::AccountId": ACCOUNT_ID,
            "AWS::Partition": "aws",
            "AWS::Region": self.region,
            "AWS::StackName": self.stack,
            "AWS::URLSuffix": "amazonaws.com",
        }
        if name in pseudo:
            return pseudo[name]
        declared = self.document.get("Parameters")
        if isinstance(declared, dict) and isinstance(declared.get(name), dict):
            value = self.parameters.get(name, declared[name].get("Default"))
            if declared[name].get("Type", "String") not in ("String", "Number"):
                raise Unknown
            return self.text(value, depth)
        if name not in self.resources:
            raise Unknown
        return self.name_of(name, depth)

    def _attribute(self, argument: Any, depth: int) -> str:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        if not isinstance(parts, list) or len(parts) != 2 or parts[0] not in self.resources:
            raise Unknown
        kind = KINDS.get(self.resources[parts[0]]["Type"])
        if kind is None or parts[1] not in ("Arn", "TopicArn", "ApiId", "RestApiId", "FunctionArn"):
            raise Unknown
        name = self.name_of(parts[0], depth)
        return self.arn_of(parts[0], name, depth) if parts[1].endswith("Arn") else name

    def name_of(self, logical: str, depth: int = 0) -> str:
        """The name that the template gives to a resource, or one like that which CloudFormation gives."""
        resource = self.resources[logical]
        kind = KINDS.get(resource["Type"])
        given = (resource.get("Properties") or {}).get(kind.name) if kind and kind.name else None
        if given is None or (kind and "{name}" not in kind.arn):
            return f"{self.stack}-{logical}-{SUFFIX}"
        return self.text(given, depth + 1)

    def arn_of(self, logical: str, name: str, depth: int = 0) -> str:
        """Return the ARN of a resource whose name, address or ARN is `name`."""
        resource = self.resources[logical]
        if name.startswith("arn:"):
            return name
        if name.startswith(("http://", "https://")):
            name = name.rpartition("/")[2]
        kind = KINDS[resource["Type"]]
        path = self.text((resource.get("Properties") or {}).get("Path", "/"), depth + 1)
        name = name.lstrip("/") if kind.service == "ssm" else name
        return kind.arn.format(region=self.region, account=ACCOUNT_ID, path=path, name=name)
