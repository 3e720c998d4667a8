"""What the values in a template are: its functions and conditions, worked out.

Docs (checked 2026-11): docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
intrinsic-function-reference.html.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from itertools import islice
from typing import Any

from server.local_aws.cloudformation.template import REFERENCE, attribute_of, invalid
from server.local_aws.control_plane.call import ApiError

ZONES = "acd"
"""The letters of a Region's zones, as an account in Tokyo sees them."""


class NoValue:
    """What `AWS::NoValue` is: a property that has it is left out."""


NO_VALUE = NoValue()

Reference = Callable[[str, str], Any]
"""Returns the attribute of a resource, or ("") what `Ref` gives."""


@dataclass(frozen=True)
class Values:
    """Works out values of `document`. `names`: the parameters and pseudo parameters; `imports`: exported
    values by their names, of which `imported` collects those that are used; `reference`: see there;
    `reachable`: puts an address of this machine in the place of one of AWS's."""

    document: Mapping[str, Any]
    names: Mapping[str, Any]
    imports: Mapping[str, str]
    reference: Reference
    reachable: Callable[[str], str] = str
    imported: set[str] = field(default_factory=set)

    def of(self, value: Any) -> Any:
        """Return the value, without functions. Raises `ApiError` (400) for what is not one."""
        if isinstance(value, list):
            return [each for each in map(self.of, value) if each is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name == "Ref":
                return self._named(str(argument))
            if (function := FUNCTIONS.get(name)) is not None:
                try:
                    return function(self, argument)
                except (ValueError, TypeError, KeyError, IndexError, AttributeError):
                    raise wrong_arguments(name, argument) from None
            if name.startswith("Fn::"):
                raise invalid(f"Template error: the local stand-in does not know the function {name}")
        found = {key: self.of(inner) for key, inner in value.items()}
        return {key: inner for key, inner in found.items() if inner is not NO_VALUE}

    def condition(self, name: str) -> bool:
        """Return whether the condition of this name holds."""
        conditions = self.document.get("Conditions") or {}
        if name not in conditions:
            raise invalid(f"Template error: unresolved condition dependency {name}")
        return self.holds(conditions[name])

    def holds(self, expression: Any) -> bool:
        """Return whether an expression of conditions, or of rules, holds."""
        if isinstance(expression, dict) and len(expression) == 1:
            name, argument = next(iter(expression.items()))
            if name == "Condition":
                return self.condition(str(argument))
            if (test := TESTS.get(name)) is not None:
                try:
                    return test(self, argument)
                except (ValueError, TypeError, KeyError, IndexError, AttributeError):
                    raise wrong_arguments(name, argument) from None
        if isinstance(expression, bool) or expression in ("true", "false"):
            return expression in (True, "true")
        raise invalid(f"Template error: {shortened(expression)} is no condition")

    def _named(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        return self.names[name] if name in self.names else self.reference(name, "")

    def attribute(self, argument: Any) -> Any:
        name, attribute = attribute_of(argument)
        return self.reference(name, str(self.of(attribute)))

    def find(self, argument: Any) -> Any:
        keys = [str(self.of(each)) for each in argument[:3]]
        found: Any = self.document.get("Mappings") or {}
        for key in keys:
            if not isinstance(found, dict) or key not in found:
                if len(argument) > 3 and "DefaultValue" in argument[3]:
                    return self.of(argument[3]["DefaultValue"])
                raise invalid(f"Template error: Unable to get mapping for {'::'.join(keys)}")
            found = found[key]
        return found

    def chosen(self, argument: Any) -> Any:
        name, yes, no = argument
        return self.of(yes if self.condition(name) else no)

    def joined(self, argument: Any) -> Any:
        separator, parts = argument
        found = self.of(parts)
        if not isinstance(found, list):
            raise TypeError("not a list")
        return self.reachable(str(separator).join(text(each) for each in found))

    def split(self, argument: Any) -> Any:
        separator, whole = argument
        return str(self.of(whole)).split(separator)

    def selected(self, argument: Any) -> Any:
        index, values = argument
        return self.of(values)[int(self.of(index))]

    def substituted(self, argument: Any) -> str:
        template, own = (argument, {}) if isinstance(argument, str) else argument

        def value_of(name: str) -> str:
            if name in own:
                return text(self.of(own[name]))
            if "." in name:
                return text(self.attribute(name))
            return text(self._named(name))

        done = REFERENCE.sub(lambda match: value_of(match[1].strip()), template)
        return self.reachable(str(done.replace("${!", "${")))

    def exported(self, argument: Any) -> str:
        name = str(self.of(argument))
        if name not in self.imports:
            raise invalid(f"No export named {name} found.")
        self.imported.add(name)
        return self.imports[name]

    def zones(self, argument: Any) -> list[str]:
        region = self.of(argument) or self.names["AWS::Region"]
        return [f"{region}{letter}" for letter in ZONES]

    def encoded(self, argument: Any) -> str:
        return base64.b64encode(str(self.of(argument)).encode()).decode()

    def length(self, argument: Any) -> int:
        return len(self.of(argument))

    def written(self, argument: Any) -> str:
        return json.dumps(self.of(argument), separators=(",", ":"))

    def blocks(self, argument: Any) -> list[str]:
        block, count, bits = ([self.of(each) for each in argument] + [8])[:3]
        network = ip_network(str(block))
        subnets = network.subnets(new_prefix=network.max_prefixlen - int(bits))
        return [str(each) for each in islice(subnets, int(count))]


def text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)) or value is NO_VALUE:
        raise TypeError("not a text")
    return str(value)


def wrong_arguments(function: str, given: Any) -> ApiError:
    return invalid(f"Template error: {function} has arguments that it cannot have: {shortened(given)}")


def shortened(value: Any) -> str:
    return str(value)[:100]


def same(values: Values, argument: Any) -> bool:
    one, other = (values.of(each) for each in argument)
    return one == other if isinstance(one, (dict, list)) else text(one) == text(other)


def contains(values: Values, argument: Any) -> bool:
    whole, one = (values.of(each) for each in argument)
    return text(one) in [text(each) for each in whole]


FUNCTIONS: Mapping[str, Callable[[Values, Any], Any]] = {
    "Fn::Base64": Values.encoded,
    "Fn::Cidr": Values.blocks,
    "Fn::FindInMap": Values.find,
    "Fn::GetAZs": Values.zones,
    "Fn::GetAtt": Values.attribute,
    "Fn::If": Values.chosen,
    "Fn::ImportValue": Values.exported,
    "Fn::Join": Values.joined,
    "Fn::Length": Values.length,
    "Fn::Select": Values.selected,
    "Fn::Split": Values.split,
    "Fn::Sub": Values.substituted,
    "Fn::ToJsonString": Values.written,
}

TESTS: Mapping[str, Callable[[Values, Any], bool]] = {
    "Fn::And": lambda values, argument: all(map(values.holds, argument)),
    "Fn::Contains": contains,
    "Fn::Equals": same,
    "Fn::Not": lambda values, argument: not values.holds(argument[0]),
    "Fn::Or": lambda values, argument: any(map(values.holds, argument)),
}
