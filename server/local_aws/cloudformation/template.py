"""A CloudFormation template as it is written: JSON, or YAML with short forms.

Docs (checked 2026-11): docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from graphlib import CycleError, TopologicalSorter
from typing import Any

import yaml

from server.local_aws.control_plane.call import ApiError

SECTIONS = {
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
}
PSEUDO = {
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
}
REFERENCE = re.compile(r"\$\{([^!}][^}]*)\}")
MAX_DEPTH = 60
"""How deep a template may be nested; a circle of YAML's aliases is deeper than any."""

COMPUTED = "*"
"""Stands for the name of an attribute that is not known before the stack is made."""

Document = Mapping[str, Any]


class Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Reads CloudFormation's short forms (`!Ref`), leaves dates texts, and makes no objects of Python."""


def short_form(loader: Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    name = tag if tag in ("Ref", "Condition") else f"Fn::{tag}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {name: value}


Loader.add_multi_constructor("!", short_form)
Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in kept if tag != "tag:yaml.org,2002:timestamp"]
    for first, kept in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse(text: str) -> dict[str, Any]:
    """Return the template in `text`. Raises `ApiError`, 400, for what is none."""
    try:
        document = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, Loader=Loader)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise invalid(
            f"Template format error: {kind_of(text)} not well-formed. {place(error)}".strip()
        ) from None
    if not isinstance(document, dict):
        raise invalid("Template format error: unsupported structure.")
    if too_deep(document):
        raise invalid(f"Template format error: it is nested deeper than {MAX_DEPTH} levels")
    if unknown := sorted(str(name) for name in document if name not in SECTIONS):
        raise invalid(f"Invalid template property or properties [{', '.join(unknown)}]")
    check_structure(document)
    return dict(document)


def kind_of(text: str) -> str:
    return "JSON" if text.lstrip().startswith("{") else "YAML"


def place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return f"(line {mark.line + 1}, column {mark.column + 1})"
    if isinstance(error, json.JSONDecodeError):
        return f"(line {error.lineno}, column {error.colno})"
    return ""


def too_deep(document: Any, depth: int = 0) -> bool:
    if depth > MAX_DEPTH:
        return True
    inner = (
        document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    )
    return any(too_deep(value, depth + 1) for value in inner)


def check_structure(document: Document) -> None:
    """Raise `ApiError` unless the sections of a template are what they have to be."""
    for section in ("Conditions", "Mappings", "Metadata", "Outputs", "Parameters", "Rules"):
        if not isinstance(document.get(section) or {}, dict):
            raise invalid(f"Template format error: {section} section must be an object.")
    for section, member in (("Parameters", "Type"), ("Outputs", "Value"), ("Rules", "Assertions")):
        for name, each in (document.get(section) or {}).items():
            if not isinstance(each, dict) or member not in each:
                raise invalid(
                    f"Template format error: Every {section} object must contain a {member} member. [{name}]"
                )
    for name, output in (document.get("Outputs") or {}).items():
        well = isinstance(output.get("Export") or {}, dict) and isinstance(output.get("Condition", ""), str)
        if not well:
            raise invalid(f"Template format error: [/Outputs/{name}] Export or Condition is malformed.")
    check_resources(document.get("Resources"))


def check_resources(resources: Any) -> None:
    if not isinstance(resources, dict) or not resources:
        raise invalid("Template format error: At least one Resources member must be defined.")
    for name, resource in resources.items():
        if not re.fullmatch("[A-Za-z0-9]+", str(name)):
            raise invalid(f"Template format error: Resource name {name} is non alphanumeric.")
        where = f"Template format error: [/Resources/{name}]"
        if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            raise invalid(f"{where} Every Resources object must contain a Type member.")
        if not isinstance(resource.get("Properties") or {}, dict):
            raise invalid(f"{where} Properties must be an object.")
        named = resource.get("DependsOn") or []
        if not all(isinstance(each, str) for each in (named if isinstance(named, list) else [named])):
            raise invalid(f"{where} DependsOn must be the name of a resource, or a list of names.")
        if not isinstance(resource.get("Condition", ""), str):
            raise invalid(f"{where} Condition must be the name of a condition.")


@contextmanager
def well_formed() -> Iterator[None]:
    """Let what reads a template raise `ApiError`, 400, for anything in it that is not what it has to be."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError, re.error) as error:
        raise invalid(f"Template format error: unsupported structure: {error}"[:300]) from None


def invalid(message: str) -> ApiError:
    return ApiError(400, "ValidationError", message)


def title_of(document: Any) -> str:
    """Return the title of an OpenAPI document, or of its text; "" if it has none."""
    if isinstance(document, str):
        try:
            document = yaml.load(document, Loader=Loader)
        except yaml.YAMLError:
            return ""
    info = document.get("info") if isinstance(document, Mapping) else None
    return str(info.get("title", "")) if isinstance(info, Mapping) else ""


# What refers to what


def references(value: Any) -> Iterator[tuple[str, str]]:
    """Each name to which a value refers, and the attribute that it asks for ("": `Ref`)."""
    if isinstance(value, list):
        for each in value:
            yield from references(each)
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if key == "Ref" and isinstance(inner, str):
            yield inner, ""
        elif key == "Fn::GetAtt":
            name, attribute = attribute_of(inner)
            yield name, attribute if isinstance(attribute, str) else COMPUTED
        elif key == "Fn::Sub":
            yield from references_of_text(inner)
        else:
            yield from references(inner)


def references_of_text(argument: Any) -> Iterator[tuple[str, str]]:
    match argument:
        case str(text):
            own: Mapping[str, Any] = {}
        case [str(text), dict(own)]:
            yield from references(list(own.values()))
        case _:
            raise invalid(
                "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments."
            )
    for name in REFERENCE.findall(text):
        head, _, attribute = name.strip().partition(".")
        if name.strip() not in own:
            yield head, attribute


def attribute_of(argument: Any) -> tuple[str, Any]:
    """Return the resource and the attribute that `Fn::GetAtt` names, in either of its forms."""
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not isinstance(parts, list) or len(parts) != 2 or not isinstance(parts[0], str):
        raise invalid(
            "Template error: every Fn::GetAtt object requires two non-empty parameters, "
            "the resource name and the resource attribute"
        )
    return parts[0], parts[1]


def check_references(document: Document) -> None:
    """Raise `ApiError` if something refers to what is not there."""
    resources = document["Resources"]
    known = {*resources, *(document.get("Parameters") or {}), *PSEUDO}
    for section in ("Resources", "Outputs"):
        missing = set()
        for name, attribute in references(list((document.get(section) or {}).values())):
            if attribute and name not in resources:
                message = f"instance of Fn::GetAtt references undefined resource {name}"
                raise invalid(f"Template error: {message}")
            missing |= {name} - known
        if missing:
            raise unresolved(missing, section)
    for resource in resources.values():
        if missing := {*depends_on(resource)} - resources.keys():
            raise unresolved(missing, "Resources")


def unresolved(names: Iterable[str], section: str = "Resources") -> ApiError:
    listed = ", ".join(sorted(names))
    return invalid(
        f"Template format error: Unresolved resource dependencies [{listed}] in the {section} block of the "
        "template"
    )


def depends_on(resource: Document) -> list[str]:
    named = resource.get("DependsOn") or []
    return [named] if isinstance(named, str) else list(named)


def ordered(resources: Mapping[str, Document]) -> list[str]:
    """Return the resources' names, each after those to which it refers. Raises `ApiError` for a circle."""
    graph = {
        name: {other for other, _ in references(resource.get("Properties"))} | {*depends_on(resource)}
        for name, resource in resources.items()
    }
    try:
        return list(
            TopologicalSorter(
                {name: sorted(others & graph.keys()) for name, others in graph.items()}
            ).static_order()
        )
    except CycleError as error:
        circle = ", ".join(sorted(set(error.args[1])))
        raise invalid(f"Circular dependency between resources: [{circle}]") from None
