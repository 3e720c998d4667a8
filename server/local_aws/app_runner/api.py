"""App Runner's API."""

import uuid
from collections.abc import Callable
from typing import Any

from server.envoy.configuration import Configuration
from server.local_aws.app_runner.proxy import configuration
from server.local_aws.app_runner.service import HEALTH_CHECK, Operation, Service, Settings, log_group
from server.local_aws.containers.api import ContainerApi, Handler
from server.local_aws.containers.hosting import Hosting
from server.local_aws.control_plane.call import ApiCall, ApiError
from server.local_aws.iam.identity import role_with
from server.local_aws.platform.service import Platform

NOT_OBSERVED = {"ObservabilityEnabled": False}


class AppRunnerApi(ContainerApi[Service]):
    """Serves App Runner's calls."""

    def __init__(self, platform: Platform) -> None:
        super().__init__(platform, "apprunner", "InvalidRequestException", "NotImplementedException")
        self._handlers = {
            "CreateService": self._create,
            "DescribeService": self._describe,
            "ListServices": self._list,
            "ListOperations": self._list_operations,
            "UpdateService": self._update,
            "StartDeployment": self._change(Service.start_deployment, with_service=False),
            "PauseService": self._change(Service.pause),
            "ResumeService": self._change(Service.resume),
            "DeleteService": self._change(Service.delete),
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": self._list_tags,
        }

    def serves(self, call: ApiCall) -> bool:
        return self._json.operation_name(call) is not None

    def _create(self, call: ApiCall, parameters: dict[str, Any]) -> dict[str, Any]:
        name = parameters["ServiceName"]
        existing = [service for service in self._here(call) if service.status != "DELETED"]
        if name in [service.name for service in existing]:
            raise invalid(f"Service with the provided name already exists: {name}.")
        settings = settings_of(parameters)
        self._require_envoy()
        service_id = uuid.uuid4().hex
        group = log_group(name, service_id, "application")
        hosting = Hosting(self._configuration, self._platform, "apprunner", call.region, service_id, group)
        tags = self._given_tags(parameters)
        service = Service(name, call.region, service_id, settings, tags, hosting)
        self._services[service.arn] = service
        return changed(service, service.create())

    def _configuration(self, upstream: str) -> Configuration:
        return configuration(upstream, self._platform.limits.app_runner_request_seconds)

    def _describe(self, call: ApiCall, parameters: dict[str, Any]) -> dict[str, Any]:
        return {"Service": self._service(parameters["ServiceArn"]).to_document()}

    def _list(self, call: ApiCall, parameters: dict[str, Any]) -> dict[str, Any]:
        services = [service.summary() for service in self._here(call) if service.status != "DELETED"]
        page, token = self._page(services, parameters, 20)
        return {"ServiceSummaryList": page, "NextToken": token}

    def _list_operations(self, call: ApiCall, parameters: dict[str, Any]) -> dict[str, Any]:
        operations = self._service(parameters["ServiceArn"]).operations
        page, token = self._page([operation.to_document() for operation in operations], parameters, 20)
        return {"OperationSummaryList": page, "NextToken": token}

    def _update(self, call: ApiCall, parameters: dict[str, Any]) -> dict[str, Any]:
        service = self._service(parameters["ServiceArn"])
        return changed(service, service.update(settings_of(parameters, service.settings)))

    def _change(self, operate: Callable[[Service], Operation], *, with_service: bool = True) -> Handler:
        def handler(call: ApiCall, parameters: dict[str, Any]) -> dict[str, Any]:
            service = self._service(parameters["ServiceArn"])
            result = changed(service, operate(service))
            return result if with_service else {"OperationId": result["OperationId"]}

        return handler

    def _here(self, call: ApiCall) -> list[Service]:
        return [service for service in self._services.values() if service.region == call.region]


def settings_of(parameters: dict[str, Any], former: Settings | None = None) -> Settings:
    """What `CreateService`, or `UpdateService` of `former`, asks for. Raises `ApiError` for what AWS refuses
    and for what a local process cannot be."""
    source = parameters.get("SourceConfiguration") or (former.source if former else {})
    check_source(source)
    network = {
        **(former.network if former else default_network()),
        **parameters.get("NetworkConfiguration", {}),
    }
    if not network.get("IngressConfiguration", {}).get("IsPubliclyAccessible", True):
        raise invalid("The local stand-in for App Runner has public services only")
    health = {**(former.health if former else HEALTH_CHECK), **parameters.get("HealthCheckConfiguration", {})}
    if not health["Path"].startswith("/"):
        raise invalid("HealthCheckConfiguration.Path must start with /")
    instance = {"Cpu": "1024", "Memory": "2048", **(former.instance if former else {})}
    instance.update(parameters.get("InstanceConfiguration", {}))
    observability = parameters.get("ObservabilityConfiguration") or (former.observability if former else {})
    encryption = parameters.get("EncryptionConfiguration") or (former.encryption if former else {})
    settings = Settings(
        complete_source(source), instance, health, network, observability or NOT_OBSERVED, encryption
    )
    try:
        _ = settings.workload
    except ValueError as error:
        raise invalid(f"ImageConfiguration.StartCommand cannot be read: {error}") from None
    return settings


def default_network() -> dict[str, Any]:
    return {
        "EgressConfiguration": {"EgressType": "DEFAULT"},
        "IngressConfiguration": {"IsPubliclyAccessible": True},
        "IpAddressType": "IPV4",
    }


def complete_source(source: dict[str, Any]) -> dict[str, Any]:
    """The source with AWS's defaults: an image of a private repository is deployed whenever it changes."""
    repository = source["ImageRepository"]
    image = {"Port": "8080", **repository.get("ImageConfiguration", {})}
    private = repository["ImageRepositoryType"] == "ECR"
    return {
        "AutoDeploymentsEnabled": private,
        **source,
        "ImageRepository": {**repository, "ImageConfiguration": image},
    }


def check_source(source: dict[str, Any]) -> None:
    repository = source.get("ImageRepository")
    if repository is None:
        raise invalid("The local stand-in for App Runner runs services from an ImageRepository only")
    image = repository.get("ImageConfiguration", {})
    if image.get("RuntimeEnvironmentSecrets"):
        raise invalid("The local stand-in for App Runner has no RuntimeEnvironmentSecrets")
    port = image.get("Port", "8080")
    if not (port.isdecimal() and 1 <= int(port) <= 65535):
        raise invalid(f"ImageConfiguration.Port must be from 1 to 65535, not {port!r}")
    if repository["ImageRepositoryType"] == "ECR":
        role = source.get("AuthenticationConfiguration", {}).get("AccessRoleArn", "")
        if role_with(role) is None:
            raise invalid("AuthenticationConfiguration.AccessRoleArn must name a role that can read from ECR")


def changed(service: Service, operation: Operation) -> dict[str, Any]:
    return {"Service": service.to_document(), "OperationId": operation.id}


def invalid(message: str) -> ApiError:
    return ApiError(400, "InvalidRequestException", message)
