"""What each lesson creates in an AWS account, which permissions that takes, and what it costs.

Prices are those of us-east-1, in USD; yours may differ. Read in stored copies: App Runner
(https://aws.amazon.com/apprunner/pricing/, checked 2026-11), Fargate
(https://www.vantage.sh/blog/fargate-pricing, checked 2026-11), API Gateway, a few USD for a million requests
(https://www.wring.co/blog/aws-api-gateway-pricing-guide, checked 2026-11). Unconfirmed: the load balancer's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.cloud import permissions
from lab.cloud.run import TAG, full_name

CENT = "less than 0.01 USD: a few hundred requests and seconds, billed by the million"
HOURLY = "about 0.15 USD for each hour that its services exist, used or not; it takes half an hour"
"""App Runner 0.078 (1 vCPU, 2 GB), Fargate 0.049 (the same), a load balancer about 0.02 (unconfirmed)."""


@dataclass(frozen=True)
class Creates:
    """The names, without the run's, of what a lesson creates, by kind."""

    functions: Sequence[str] = ()
    """Each with a role and, once it has run, a log group."""
    rest_apis: Sequence[str] = ()
    http_apis: Sequence[str] = ()
    websocket_apis: Sequence[str] = ()
    graphql_apis: Sequence[str] = ()
    event_apis: Sequence[str] = ()
    app_runner: Sequence[str] = ()
    express: Sequence[str] = ()
    """Each with a role, a repository for the image, and log groups."""
    cost: str = CENT

    def resources(self, run: str) -> list[tuple[str, str]]:
        """Kind and full name of each resource."""
        services = list(dict.fromkeys([*self.app_runner, *self.express]))
        kinds = {
            "IAM role": [*self.functions, *services],
            "Lambda function": self.functions,
            "REST API": self.rest_apis,
            "HTTP API": self.http_apis,
            "WebSocket API": self.websocket_apis,
            "AppSync GraphQL API": self.graphql_apis,
            "AppSync Event API": self.event_apis,
            "ECR repository": services,
            "App Runner service": self.app_runner,
            "ECS Express service": self.express,
        }
        return [(kind, full_name(run, name)) for kind, names in kinds.items() for name in names]

    def groups(self) -> list[str]:
        """Return the groups of `permissions` that are needed."""
        needed = ["functions"] if self.functions else []
        if self.rest_apis or self.http_apis or self.websocket_apis:
            needed.append("gateways")
        if self.websocket_apis:
            needed.append("connections")
        if self.graphql_apis or self.event_apis:
            needed.append("appsync")
        if self.app_runner or self.express:
            needed.append("services")
        return needed


LESSONS = {
    "06": Creates(functions=["node-text", "node-prelude", "node-sse", "teapot", "node-failure"]),
    "07": Creates(functions=["python-generator", "python-streaming", "web-adapter"]),
    "08": Creates(
        functions=["returns-items", "writes-items"],
        rest_apis=["by-hand", "x-1", "x-2", "x-3", "proxy-buffered", "proxy-stream"],
        http_apis=["http"],
    ),
    "09": Creates(functions=["push", "tell"], websocket_apis=["push"]),
    "10": Creates(app_runner=["server"], express=["server"], cost=HOURLY),
    "11": Creates(graphql_apis=["items"], event_apis=["events"]),
    "12": Creates(
        functions=[
            *("url-stream", "url-buffered", "url-sse", "url-runtime", "url-python", "sdk"),
            *("rest-buffered", "rest-stream", "http-api", "websocket-api"),
        ],
        rest_apis=["rest-buffered", "rest-stream"],
        http_apis=["http-api"],
        websocket_apis=["websocket-api"],
        graphql_apis=["graphql"],
        event_apis=["events"],
        app_runner=["app-runner"],
        express=["express"],
        cost=HOURLY,
    ),
    "14": Creates(functions=["hello"]),
}


@dataclass(frozen=True)
class Plan:
    """What a run of a lesson would do to an account; `str()` is for the reader."""

    lesson: str
    account_id: str
    region: str
    run: str
    creates: Creates = field(repr=False)

    @property
    def resources(self) -> list[tuple[str, str]]:
        return self.creates.resources(self.run)

    def policy(self) -> dict[str, Any]:
        """Return the least that the caller has to be allowed, as an IAM policy document."""
        return permissions.policy(self.creates.groups(), self.account_id, self.region)

    def __str__(self) -> str:
        rows = [f"  {kind:20} {name}" for kind, name in self.resources]
        statements = self.policy()["Statement"]
        actions = sum(len(statement["Action"]) for statement in statements)
        return "\n".join(
            [
                f"Lesson {self.lesson}, as run {self.run}, would create in account {self.account_id}, "
                f"{self.region}:",
                *rows,
                f"All of it is tagged {TAG}={self.run}; `.venv/bin/python notebooks/teardown.py` removes it.",
                f"Permissions needed: {actions} actions "
                f"(`.venv/bin/python notebooks/teardown.py --policy {self.lesson}` prints the document).",
                f"Cost: {self.creates.cost}.",
            ]
        )


def plan(lesson: str, account_id: str, region: str, run: str) -> Plan:
    """Raises `RuntimeError` if nothing is known of `lesson`."""
    if lesson not in LESSONS:
        raise RuntimeError(
            f"Lesson {lesson} creates nothing on AWS: {', '.join(LESSONS)} do. Nothing was created."
        )
    return Plan(lesson, account_id, region, run, LESSONS[lesson])
