"""Finds what a run has created, by its tag, and deletes it: from any kernel, after any interruption.

Each service is asked for what it has, so that an empty answer means that nothing is there: AWS's tagging API
does not know roles.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from lab.cloud.cloud import Cloud
from lab.cloud.containers import delete_app_runner_service, delete_express_service, express_service
from lab.cloud.pagination import pages
from lab.cloud.run import PREFIX, TAG, run_of

ROLE_POLICY = "lesson"
"""The name of the inline policy of the lessons' roles."""
GONE = ("NotFoundException", "ResourceNotFoundException", "NoSuchEntity", "RepositoryNotFoundException")


@dataclass(frozen=True)
class Resource:
    """Something that a run has created. `delete()` deletes it, and what depends on it."""

    kind: str
    name: str
    run: str
    delete: Callable[[], object]

    def __str__(self) -> str:
        return f"{self.kind:20} {self.name}"


Which = Callable[[str], bool]
"""Says of a run whether it is meant."""


def find(cloud: Cloud, which: Which | None = None) -> list[Resource]:
    """What there is of the runs that are meant (None: the cloud's own), in the order in which to delete it.

    Raises `ClientError` if a service does not answer: not knowing is not the same as nothing.
    """
    meant = which or (lambda run: run == cloud.run)
    return [
        resource
        for kind in (apis, functions, services, repositories, roles, log_groups)
        for resource in kind(cloud)
        if resource.run and meant(resource.run)
    ]


def teardown(cloud: Cloud, which: Which | None = None, *, dry_run: bool = False) -> list[Resource]:
    """Delete what `find` finds, look again, and return what is left: nothing, or what could not be deleted.

    Prints each resource. With `dry_run` nothing is deleted, and all of it is returned.
    """
    for _ in range(1 if dry_run else 3):  # a function that was still running writes its log group again
        found = find(cloud, which)
        for resource in found:
            print("would delete" if dry_run else "deleting", resource)
            if not dry_run:
                try:
                    resource.delete()
                except ClientError as error:
                    print("  could not:", error)
        if dry_run:
            return found
        left = find(cloud, which)
        if not left:
            break
        time.sleep(2)
    print(f"{len(left)} left" if left else "nothing is left")
    return left


def clear(cloud: Cloud) -> None:
    """Delete what an earlier run has left. Says nothing where there is nothing."""
    if find(cloud):
        teardown(cloud)


def apis(cloud: Cloud) -> Iterator[Resource]:
    gateway, gateway2, appsync = (cloud.client(name) for name in ("apigateway", "apigatewayv2", "appsync"))
    for api in pages(gateway, "get_rest_apis", "items"):
        delete = deletion(gateway.delete_rest_api, restApiId=api["id"])
        yield Resource("REST API", api["name"], api.get("tags", {}).get(TAG, ""), delete)
    for api in pages(gateway2, "get_apis", "Items"):
        kind = "HTTP API" if api["ProtocolType"] == "HTTP" else "WebSocket API"
        delete = deletion(gateway2.delete_api, ApiId=api["ApiId"])
        yield Resource(kind, api["Name"], api.get("Tags", {}).get(TAG, ""), delete)
    for api in pages(appsync, "list_graphql_apis", "graphqlApis"):
        delete = deletion(appsync.delete_graphql_api, apiId=api["apiId"])
        yield Resource("AppSync GraphQL API", api["name"], api.get("tags", {}).get(TAG, ""), delete)
    for api in pages(appsync, "list_apis", "apis"):
        delete = deletion(appsync.delete_api, apiId=api["apiId"])
        yield Resource("AppSync Event API", api["name"], api.get("tags", {}).get(TAG, ""), delete)


def functions(cloud: Cloud) -> Iterator[Resource]:
    aws = cloud.client("lambda")
    for function in pages(aws, "list_functions", "Functions"):
        name = function["FunctionName"]
        if name.startswith(PREFIX):
            tags = aws.list_tags(Resource=function["FunctionArn"])["Tags"]
            delete = deletion(aws.delete_function, FunctionName=name)
            yield Resource("Lambda function", name, tags.get(TAG, ""), delete)


def services(cloud: Cloud) -> Iterator[Resource]:
    runner, ecs = cloud.client("apprunner"), cloud.client("ecs")
    for service in pages(runner, "list_services", "ServiceSummaryList"):
        name, arn = service["ServiceName"], service["ServiceArn"]
        if name.startswith(PREFIX) and service["Status"] != "DELETED":
            tags = runner.list_tags_for_resource(ResourceArn=arn)["Tags"]
            delete = deletion(delete_app_runner_service, cloud, arn)
            yield Resource("App Runner service", name, value_of(tags), delete)
    with suppress(ecs.exceptions.ClusterNotFoundException):
        for arn in pages(ecs, "list_services", "serviceArns"):
            name = arn.rpartition("/")[2]
            if name.startswith(PREFIX):
                express = express_service(ecs, arn)
                delete = deletion(delete_express_service, cloud, arn)
                if express["status"]["statusCode"] != "INACTIVE":
                    yield Resource("ECS Express service", name, value_of(express.get("tags", [])), delete)


def repositories(cloud: Cloud) -> Iterator[Resource]:
    ecr = cloud.client("ecr")
    for repository in pages(ecr, "describe_repositories", "repositories"):
        name = repository["repositoryName"]
        if name.startswith(PREFIX):
            tags = ecr.list_tags_for_resource(resourceArn=repository["repositoryArn"])["tags"]
            delete = deletion(ecr.delete_repository, repositoryName=name, force=True)
            yield Resource("ECR repository", name, value_of(tags), delete)


def roles(cloud: Cloud) -> Iterator[Resource]:
    iam = cloud.client("iam")
    for role in pages(iam, "list_roles", "Roles"):
        name = role["RoleName"]
        if name.startswith(PREFIX):
            tags = iam.list_role_tags(RoleName=name)["Tags"]
            yield Resource("IAM role", name, value_of(tags), deletion(delete_role, iam, name))


def log_groups(cloud: Cloud) -> Iterator[Resource]:
    """Services write their log groups themselves, without a tag: the name tells whose they are."""
    logs = cloud.client("logs")
    for group in pages(logs, "describe_log_groups", "logGroups", logGroupNamePrefix="/aws/"):
        path = group["logGroupName"]
        run = next((run for part in path.split("/") if (run := run_of(part))), "")
        yield Resource("log group", path, run, deletion(logs.delete_log_group, logGroupName=path))


def deletion(call: Callable[..., object], *arguments: Any, **parameters: Any) -> Callable[[], object]:
    """Return `call` as a function without arguments; it ignores that a resource is missing."""

    def delete() -> None:
        try:
            call(*arguments, **parameters)
        except ClientError as error:
            if error.response["Error"]["Code"] not in GONE:
                raise

    return delete


def delete_role(iam: Any, name: str) -> None:
    """Delete a role with its policies, which would keep it from being deleted."""
    with suppress(iam.exceptions.NoSuchEntityException):
        iam.delete_role_policy(RoleName=name, PolicyName=ROLE_POLICY)
    for attached in pages(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name):
        iam.detach_role_policy(RoleName=name, PolicyArn=attached["PolicyArn"])
    iam.delete_role(RoleName=name)


def value_of(tags: list[dict[str, str]]) -> str:
    """Return the run in a list of tags, whose keys are `Key` and `Value`, or `key` and `value`."""
    pairs = [{name.lower(): value for name, value in tag.items()} for tag in tags]
    return next((pair["value"] for pair in pairs if pair["key"] == TAG), "")
