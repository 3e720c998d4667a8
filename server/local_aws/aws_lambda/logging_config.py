"""`LoggingConfig` of a function: what it may say, and what it comes to.

docs.aws.amazon.com/lambda/latest/api/API_LoggingConfig.html (checked 2026-11).
"""

import re
from collections.abc import Mapping
from typing import Any

from server.local_aws.aws_lambda.environments.platform_events import LEVELS
from server.local_aws.aws_lambda.function import Logging, default_group
from server.local_aws.control_plane.call import ApiError

ALLOWED = {
    "LogFormat": ("JSON", "Text"),
    "ApplicationLogLevel": LEVELS,
    "SystemLogLevel": ("DEBUG", "INFO", "WARN"),
}
LOG_LEVELS = ("ApplicationLogLevel", "SystemLogLevel")
LOG_GROUP = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}")


def check(config: Any, before: Mapping[str, str]) -> None:
    """Raise `ApiError` (400) unless `config`, which changes what a function has `before`, is one."""
    if not isinstance(config, dict):
        raise ApiError(400, "InvalidRequestContentException", "Could not parse request body into json")
    for member, value in config.items():
        if value not in ALLOWED.get(member, (value,)):
            raise invalid(member, value, f"satisfy enum value set: [{', '.join(ALLOWED[member])}]")
    group = config.get("LogGroup", "group")
    if not (isinstance(group, str) and LOG_GROUP.fullmatch(group)):
        raise invalid("LogGroup", group, r"satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+")
    if any(level in config for level in LOG_LEVELS) and {**before, **config}.get("LogFormat") != "JSON":
        message = "Log levels can only be set when LogFormat is JSON."
        raise ApiError(400, "InvalidParameterValueException", message)


def invalid(member: str, value: object, constraint: str) -> ApiError:
    place = f"loggingConfig.{member[0].lower()}{member[1:]}"
    problem = f"Value '{value}' at '{place}' failed to satisfy constraint: Member must {constraint}"
    return ApiError(400, "ValidationException", f"1 validation error detected: {problem}")


def changed(before: Mapping[str, str], config: Mapping[str, str], name: str) -> dict[str, str]:
    """Return what the function `name` has when `config` changes it, as AWS tells it."""
    after = {"LogFormat": "Text", "LogGroup": default_group(name), **before, **config}
    for level in LOG_LEVELS:
        if after["LogFormat"] == "JSON":
            after.setdefault(level, "INFO")
        else:
            after.pop(level, None)
    return after


def logging_of(config: Mapping[str, str]) -> Logging:
    if config["LogFormat"] != "JSON":
        return Logging(config["LogGroup"])
    return Logging(config["LogGroup"], True, config["ApplicationLogLevel"], config["SystemLogLevel"])
