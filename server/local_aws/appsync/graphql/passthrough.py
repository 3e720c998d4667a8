"""The part of AppSync's resolver languages that is understood here: passing the arguments through.

A NONE resolver in VTL or JavaScript that returns its arguments (all, or one by name) as its result.
Everything else is refused when it is deployed:
docs.aws.amazon.com/appsync/latest/devguide/resolver-mapping-template-reference-none.html and
…/resolver-reference-none-js.html (checked 2026-11).
"""

import re
from dataclasses import dataclass
from typing import Any

CONTEXT = r"(?:context|ctx)\.(?:arguments|args)(?:\.(?P<name>[A-Za-z_]\w*))?"
VTL_REQUEST = re.compile(
    r'\{"version":"(?:2017-02-28|2018-05-29)","payload":\$util\.toJson\(\$' + CONTEXT + r"\)\}"
)
VTL_RESPONSE = re.compile(r"\$util\.toJson\(\$(?:context|ctx)\.result\)")
JAVASCRIPT = re.compile(
    r"(?:import\{?[\w,]+\}?from['\"]@aws-appsync/utils['\"];?)?"
    r"exportfunctionrequest\((?P<a>\w+)\)\{return\{(?:version:['\"]2018-05-29['\"],)?"
    r"payload:(?P=a)\.(?:arguments|args)(?:\.(?P<name>[A-Za-z_]\w*))?,?\};?\}"
    r"exportfunctionresponse\((?P<b>\w+)\)\{return(?P=b)\.result;?\}"
)
COMMENTS = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
WHITE = re.compile(r"\s+")


@dataclass(frozen=True)
class PassThrough:
    """Returns the arguments, or the one called `name`."""

    name: str | None = None

    def result(self, arguments: dict[str, Any]) -> Any:
        return arguments if self.name is None else arguments.get(self.name)


def from_vtl(request: str, response: str) -> PassThrough | None:
    """None if the templates do anything else."""
    found = VTL_REQUEST.fullmatch(WHITE.sub("", request))
    if found is None or not VTL_RESPONSE.fullmatch(WHITE.sub("", response)):
        return None
    return PassThrough(found["name"])


def from_javascript(code: str) -> PassThrough | None:
    """None if the code does anything else."""
    found = JAVASCRIPT.fullmatch(WHITE.sub("", COMMENTS.sub("", code)))
    return PassThrough(found["name"]) if found else None
