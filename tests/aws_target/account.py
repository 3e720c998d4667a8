"""The stand-in in the part of an AWS account: it enforces IAM and outlives the lessons that deploy to it."""

import json
import os
import subprocess
import sys
import uuid
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3

import lab
from lab.cloud.permissions import policy

NOTEBOOKS = Path(lab.__file__).parents[1]
REGION = "ap-northeast-1"
ACCOUNT_ID = "123456789012"
ROOT = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
OWN_VARIABLES = ("AWS_", "STREAMING_", "LOCAL_AWS_")


@cache
def roots_client(endpoint_url: str, service: str) -> Any:
    return boto3.client(service, endpoint_url=endpoint_url, region_name=REGION, **ROOT)


@dataclass
class TestAccount:
    """`root` asks it as its owner; `environment` is the configuration of a user who may do what he must."""

    __test__ = False
    process: "subprocess.Popen[str]"
    endpoint_url: str
    scale: float

    @classmethod
    def start(cls, scale: float = 1.0) -> "TestAccount":
        process = subprocess.Popen(
            [sys.executable, "-m", "server.local_aws", "--until-stdin-closes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "LOCAL_AWS_LIMIT_SCALE": str(scale), "LOCAL_AWS_ENFORCE_IAM": "1"},
        )
        assert process.stdout is not None
        return cls(process, json.loads(process.stdout.readline())["endpoint_url"], scale)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)

    def root(self, service: str) -> Any:
        return roots_client(self.endpoint_url, service)

    def user(self, name: str, groups: list[str]) -> dict[str, str]:
        """Create a user with the permissions of `groups` and no others; return his credentials as environment
        variables."""
        iam = self.root("iam")
        iam.create_user(UserName=name)
        document = json.dumps(policy(groups, ACCOUNT_ID, REGION))
        iam.put_user_policy(UserName=name, PolicyName="lesson", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

    def configuration(self, groups: list[str], name: str = "") -> dict[str, str]:
        """The variables of a new user whose target is this account, confirmed."""
        return {
            **self.user(name or f"learner-{uuid.uuid4().hex[:8]}", groups),
            "STREAMING_TARGET": "aws",
            "STREAMING_CONFIRM": ACCOUNT_ID,
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "LOCAL_AWS_LIMIT_SCALE": str(self.scale),
        }

    def environment(self, groups: list[str], name: str = "") -> dict[str, str]:
        """The environment of a process of such a user."""
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(OWN_VARIABLES)}
        return inherited | self.configuration(groups, name)

    def leftovers(self) -> dict[str, list[str]]:
        """Everything there is, by the services' own listings, whoever made it; what is deleted left out."""
        listed = {
            "functions": [f["FunctionName"] for f in self.root("lambda").list_functions()["Functions"]],
            "roles": [r["RoleName"] for r in self.root("iam").list_roles()["Roles"]],
            "log groups": [g["logGroupName"] for g in self.root("logs").describe_log_groups()["logGroups"]],
            "REST APIs": [a["name"] for a in self.root("apigateway").get_rest_apis()["items"]],
            "other APIs": [a["Name"] for a in self.root("apigatewayv2").get_apis()["Items"]],
            "GraphQL APIs": [a["name"] for a in self.root("appsync").list_graphql_apis()["graphqlApis"]],
            "Event APIs": [a["name"] for a in self.root("appsync").list_apis()["apis"]],
            "repositories": [
                r["repositoryName"] for r in self.root("ecr").describe_repositories()["repositories"]
            ],
            "services": [
                s["ServiceName"]
                for s in self.root("apprunner").list_services()["ServiceSummaryList"]
                if s["Status"] != "DELETED"
            ],
            "Express services": self.express_services(),
        }
        return {kind: names for kind, names in listed.items() if names}

    def express_services(self) -> list[str]:
        ecs = self.root("ecs")
        try:
            arns = ecs.list_services()["serviceArns"]
        except ecs.exceptions.ClusterNotFoundException:
            return []
        described = [ecs.describe_express_gateway_service(serviceArn=arn)["service"] for arn in arns]
        return [
            service["serviceName"] for service in described if service["status"]["statusCode"] != "INACTIVE"
        ]
