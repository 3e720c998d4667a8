"""moto's function, with what moto does not keep: its layers' packages, and its logging configuration."""

from collections.abc import Iterable, Mapping
from typing import Any

from moto.awslambda import models

from server.local_aws.aws_lambda import layers, logging_config


class CompletedFunction(models.LambdaFunction):
    """A function that keeps its layers, deleted or not, and tells `LoggingConfig`."""

    def __init__(self, account_id: str, spec: dict[str, Any], region: str, version: str | int = 1) -> None:
        config = spec.get("LoggingConfig") or {}
        self.logging_config = logging_config.changed({}, config, spec["FunctionName"])
        super().__init__(account_id, spec, region, version)

    def _get_layers_data(self, layers_versions_arns: Iterable[str]) -> list[Any]:
        return list(layers.attach(layers_versions_arns))

    def get_configuration(self, on_create: bool = False) -> dict[str, Any]:
        return {**super().get_configuration(on_create), "LoggingConfig": self.logging_config}

    def update_configuration(self, config_updates: dict[str, Any]) -> dict[str, Any]:
        config = config_updates.get("LoggingConfig") or {}
        self.logging_config = logging_config.changed(self.logging_config, config, self.function_name)
        answer: dict[str, Any] = super().update_configuration(config_updates)
        return answer


def install() -> None:
    """From now on moto makes such functions."""
    models.LambdaFunction = CompletedFunction  # type: ignore[misc]


def logging_config_of(function: models.LambdaFunction) -> Mapping[str, str]:
    """Return the configuration, also of a function that moto made before."""
    kept: Mapping[str, str] | None = getattr(function, "logging_config", None)
    return kept or logging_config.changed({}, {}, function.function_name)
