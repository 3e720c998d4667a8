"""Mapping templates: Velocity, as API Gateway evaluates it.

The engine is airspeed-ext, whose tests were recorded on API Gateway (github.com/localstack/airspeed,
2025-05). It would let a template reach Python's own attributes and loop for ever, so a template is looked
through before: `check` names what is not evaluated here, which is refused when it is deployed.

Docs: docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
(checked 2026-11).
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airspeed.operators import Template

MAX_ITERATIONS = 1000
"""Of a `#foreach` (docs.aws.amazon.com/apigateway/latest/developerguide/
api-gateway-execution-service-limits-table.html, checked 2026-11)."""

MAX_OUTPUT = 10 * 1024 * 1024
MAX_TEMPLATE = 300 * 1024

LITERAL = re.compile(r"#\[\[(.*?)\]\]#", re.DOTALL)
LITERAL_NAME = "unparsed_text_"

NOT_EVALUATED = re.compile(r"#\{?(?:(?:macro|parse|include|evaluate|return)\}?\s*\(|break\}?(?![\w-]))")
"""Directives that API Gateway prints instead of following them (recorded in the tests of airspeed-ext,
2025-05), or of which nobody knows what it does."""


class TemplateFailure(Exception):
    """A template cannot be evaluated, as it stands or with this request."""


class JsonObject(dict[str, Any]):
    """An object of JSON, in a template: printed as Java does, `{a=1, b=[{"c":5}]}`."""

    def __str__(self) -> str:
        return printed(self)


class JsonArray(list[Any]):
    """An array of JSON, in a template: printed as JSON."""

    def __str__(self) -> str:
        return json.dumps(self, separators=(",", ":"))


def printed(held: Mapping[str, Any]) -> str:
    from airspeed.operators import value_to_string

    return "{" + ", ".join(f"{name}={value_to_string(value)}" for name, value in held.items()) + "}"


class Parameters(dict[str, Any]):
    """A map of parameters; what is not there is "": the templates that the CDK writes for CORS rely on it
    (github.com/aws/aws-cdk, aws-apigateway/lib/resource.ts)."""

    def get(self, name: str, default: Any = "") -> Any:
        return super().get(name, default)

    def __str__(self) -> str:
        return printed(self)


def as_java(value: Any) -> Any:
    """Return a value of JSON as templates have it."""
    if isinstance(value, dict):
        return JsonObject({name: as_java(member) for name, member in value.items()})
    return JsonArray(map(as_java, value)) if isinstance(value, list) else value


STRING_METHODS: Mapping[str, Callable[..., Any]] = {
    "endsWith": lambda text, end: text.endswith(end),
    "equals": lambda text, other: text == other,
    "equalsIgnoreCase": lambda text, other: isinstance(other, str) and text.lower() == other.lower(),
    "isEmpty": lambda text: text == "",
    "toLowerCase": lambda text: text.lower(),
    "toString": lambda text: text,
    "toUpperCase": lambda text: text.upper(),
    "trim": lambda text: text.strip(),
}
MAP_METHODS: Mapping[str, Callable[..., Any]] = {
    "containsKey": lambda held, name: name in held,
    "isEmpty": lambda held: not held,
    "size": len,
}
NUMBER_METHODS: Mapping[str, Callable[..., Any]] = {
    "equals": lambda number, other: number == other,
    "toString": lambda number: str(number).lower(),  # of true and false as well
}
FUNCTIONS = {
    "base64Decode",
    "base64Encode",
    "escapeJavaScript",
    "json",
    "params",
    "parseJson",
    "path",
    "urlDecode",
    "urlEncode",
}
"""What `$input` and `$util` have."""

SAME_IN_PYTHON = {"get", "replace"}
TAKING_PATHS = {"json", "path"}

STEP = re.compile(
    r"\.(?P<name>[^.\[\]*()@?\s]+)|\[(?P<quote>['\"])(?P<quoted>.*?)(?P=quote)\]|\[(?P<index>-?\d+)\]"
)
"""A step of a JSONPath: to a member, or to an element."""


@lru_cache(maxsize=1)
def callable_names() -> frozenset[str]:
    """Teach the engine the methods that it lacks; return the names of all that a template may call."""
    from airspeed.operators import __additional_methods__ as known

    known[str].update(STRING_METHODS)
    known[dict].update(MAP_METHODS)
    known[JsonObject] = known[Parameters] = known[dict]
    known[JsonArray] = known[list]
    for number in (int, float, bool):
        known[number] = dict(NUMBER_METHODS)
    methods = {name for of_type in known.values() for name in of_type}
    return frozenset(methods | FUNCTIONS | SAME_IN_PYTHON)


def check(text: str) -> None:
    """Raise `TemplateFailure`, which names the construct, for a template that is none or that is not
    evaluated here."""
    if len(text.encode()) > MAX_TEMPLATE:
        raise TemplateFailure("a template of more than 300 KB")
    if match := NOT_EVALUATED.search(LITERAL.sub("", text)):
        raise TemplateFailure(f"the directive {match[0]}")
    template, _ = compiled(text)
    for element in elements(template.root_element):
        check_element(element)


def check_element(element: Any) -> None:
    from airspeed import operators

    if isinstance(element, operators.Range):
        ends = [end.value for end in (element.value1, element.value2) if hasattr(end, "value")]
        if len(ends) < 2:
            raise TemplateFailure(f"a range whose ends are not numbers: [{element.my_text()}]")
        if abs(ends[1] - ends[0]) >= MAX_ITERATIONS:
            raise TemplateFailure(f"a loop of more than {MAX_ITERATIONS} iterations: [{element.my_text()}]")
    if not isinstance(element, operators.NameOrCall):
        return
    if element.name.startswith("_"):
        raise TemplateFailure(f"the name {element.name}")
    if element.parameters is None:
        return
    if element.name not in callable_names():
        raise TemplateFailure(f"the call {element.name}()")
    if element.name in TAKING_PATHS:
        for argument in getattr(element.parameters.values, "values", ()):
            if isinstance(argument.expression, operators.StringLiteral):
                steps_of(argument.expression.value)


def elements(root: Any) -> Iterator[Any]:
    """Yield the elements of a parsed template, all that it holds."""
    from airspeed.operators import _Element

    waiting = [root]
    while waiting:
        element = waiting.pop()
        if isinstance(element, _Element):
            yield element
            waiting.extend(vars(element).values())
        elif isinstance(element, list | tuple):
            waiting.extend(element)
        elif isinstance(element, dict):
            waiting.extend([*element.keys(), *element.values()])


def steps_of(path: str) -> list[str | int]:
    """Return the members and elements that lead to what a JSONPath names. Raises `TemplateFailure` for one
    that names several values, or none."""
    rest = path.strip().removeprefix("$")
    if rest and rest[0] not in ".[":
        rest = f".{rest}"
    steps: list[str | int] = []
    while rest:
        match = STEP.match(rest)
        if match is None:
            raise TemplateFailure(f"the JSONPath {path}")
        steps.append(int(match["index"]) if match["index"] else match["name"] or match["quoted"])
        rest = rest[match.end() :]
    return steps


def at(document: Any, path: str) -> Any:
    """Return what a JSONPath names in a document, None if it is not there. Raises `TemplateFailure`."""
    for step in steps_of(path):
        try:
            document = document[step]
        except (IndexError, KeyError, TypeError):
            return None
    return document


@lru_cache(maxsize=256)
def compiled(text: str) -> tuple["Template", Mapping[str, str]]:
    """Return the parsed template, and the texts `#[[…]]#` in it by the names that stand for them there.
    Raises `TemplateFailure`."""
    from airspeed.operators import Template, TemplateError

    callable_names()
    literals: dict[str, str] = {}

    def name_of(match: "re.Match[str]") -> str:
        name = f"{LITERAL_NAME}{len(literals)}"
        literals[name] = match[1]
        return f"${{{name}}}"

    template = Template(LITERAL.sub(name_of, text))
    try:
        template.ensure_compiled()
    except TemplateError as error:
        raise TemplateFailure(str(error)) from None
    except RecursionError:
        raise TemplateFailure("directives nested too deep") from None
    return template, literals


class Output:
    """What a template writes, up to a limit."""

    def __init__(self) -> None:
        self.stop = False
        self._size = 0
        self._parts: list[str] = []

    def write(self, text: str) -> None:
        if self.stop:
            return
        self._size += len(text)
        if self._size > MAX_OUTPUT:
            raise TemplateFailure("the template writes more than 10 MB")
        self._parts.append(text)

    def getvalue(self) -> str:
        return "".join(self._parts)


def render(text: str, variables: Mapping[str, Any]) -> str:
    """Return what the template `text` writes with these variables, which it may change. Raises
    `TemplateFailure`."""
    from airspeed.operators import TemplateError

    template, literals = compiled(text)
    output = Output()
    try:
        template.merge_to({**variables, **literals}, output)
    except TemplateError as error:
        raise TemplateFailure(str(error)) from None
    except RecursionError:
        raise TemplateFailure("directives nested too deep") from None
    return output.getvalue()
