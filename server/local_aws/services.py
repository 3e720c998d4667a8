"""The services that the stand-in answers itself: a new one is a folder and a line here.

All other services are moto's. A module is imported when its service is called for the first time: no reader
pays for what no lesson uses.
"""

from collections.abc import Mapping
from importlib import import_module

from server.local_aws.control_plane import deferred
from server.local_aws.platform.service import Platform, Service

SERVICES: Mapping[str, tuple[str, str]] = {
    "apigateway": ("server.local_aws.api_gateway.service", "ApiGateway"),
    "apprunner": ("server.local_aws.app_runner.api", "AppRunnerApi"),
    "appsync": ("server.local_aws.appsync.api", "AppSyncApi"),
    "cloudformation": ("server.local_aws.cloudformation.service", "CloudFormation"),
    "ecs": ("server.local_aws.ecs_express.api", "EcsExpressApi"),
    "lambda": ("server.local_aws.aws_lambda.api", "LambdaApi"),
    "sts": ("server.local_aws.iam.root", "RootIdentity"),
}
"""The name for which a service's calls are signed: the module and the class that serve it, made with the
`Platform`."""


def make(name: str, platform: Platform) -> Service:
    """Import the service that signs as `name`, and make it. Call it in a thread: it takes tenths of a
    second."""
    module, made_by = SERVICES[name]
    with deferred.importing():
        service: Service = getattr(import_module(module), made_by)(platform)
    return service
