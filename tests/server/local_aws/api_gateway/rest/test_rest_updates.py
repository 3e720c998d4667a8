"""Patch operations on what belongs to a REST API, as Terraform's second apply sends them."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.account import Account

STATUS_200 = {"application/json": '{"statusCode": 200}'}
HEADER = "method.response.header.X"


class Api:
    """A REST API with one mocked method, and one deployment of it."""

    def __init__(self, aws: Account) -> None:
        self.client = aws.client("apigateway")
        made = self.client.create_rest_api(name="a", binaryMediaTypes=["image/png"])
        self.api = {"restApiId": made["id"]}
        root = made["rootResourceId"]
        found = self.client.create_resource(**self.api, parentId=root, pathPart="x")["id"]
        self.resource = {**self.api, "resourceId": found}
        self.method = {**self.resource, "httpMethod": "GET"}
        self.response = {**self.method, "statusCode": "200"}
        self.client.put_method(**self.method, authorizationType="NONE")
        self.client.put_method_response(**self.response, responseParameters={HEADER: False})
        self.client.put_integration(**self.method, type="MOCK", requestTemplates=STATUS_200)
        self.client.put_integration_response(**self.response, responseParameters={HEADER: "'a'"})
        self.deployment = {**self.api, "deploymentId": self.client.create_deployment(**self.api)["id"]}


def op(path: str, value: str | None = None, kind: str = "replace") -> dict[str, str]:
    return {"op": kind, "path": path} if value is None else {"op": kind, "path": path, "value": value}


UPDATES: list[tuple[str, str, list[dict[str, str]], dict[str, Any]]] = [
    ("rest_api", "api", [
        op("/name", "b"), op("/description", "d"), op("/disableExecuteApiEndpoint", "false"),
        op("/minimumCompressionSize", "5"), op("/binaryMediaTypes/image~1jpeg", kind="add"),
        op("/binaryMediaTypes/image~1png", kind="remove"), op("/endpointConfiguration/types/EDGE",
        "REGIONAL"),
        op("/endpointConfiguration/ipAddressType", "dualstack"),
    ], {
        "name": "b", "description": "d", "disableExecuteApiEndpoint": False, "minimumCompressionSize": 5,
        "binaryMediaTypes": ["image/jpeg"],
        "endpointConfiguration": {"types": ["REGIONAL"], "ipAddressType": "dualstack"},
    }),
    ("resource", "resource", [op("/pathPart", "y")], {"path": "/y"}),
    ("method", "method", [
        op("/operationName", "n"), op("/requestParameters/method.request.querystring.q", "true", "add"),
        op("/requestModels/application~1json", "Empty", "add"),
    ], {
        "operationName": "n", "requestParameters": {"method.request.querystring.q": True},
        "requestModels": {"application/json": "Empty"}, "authorizationType": "NONE",
    }),
    ("method_response", "response", [op(f"/responseParameters/{HEADER}", "true")],
     {"responseParameters": {HEADER: True}}),
    ("integration_response", "response", [
        op("/selectionPattern", "2\\d{2}"), op(f"/responseParameters/{HEADER}", kind="remove"),
        op("/responseTemplates/text~1html", "<p>", "add"),
    ], {"selectionPattern": "2\\d{2}", "responseTemplates": {"text/html": "<p>"}}),
    ("integration", "method", [op("/requestTemplates/application~1json", kind="remove"),
    op("/timeoutInMillis", "99")],
     {"requestTemplates": {}, "timeoutInMillis": 99}),
    ("deployment", "deployment", [op("/description", "d")], {"description": "d"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "place", "operations", "expected"), UPDATES, ids=[row[0] for row in UPDATES]
)
def test_what_is_updated_is_read_back(
    aws: Account, kind: str, place: str, operations: list[dict[str, str]], expected: dict[str, Any]
) -> None:
    api = Api(aws)
    where = getattr(api, place)
    updated = getattr(api.client, f"update_{kind}")(**where, patchOperations=operations)
    read = getattr(api.client, f"get_{kind}")(**where)
    for shown in (updated, read):
        assert {name: shown.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("kind", "place", "valid", "operation", "named"),
    [
        ("rest_api", "api", op("/name", "b"), op("/policy", "{}"), "resource policy"),
        ("rest_api", "api", op("/name", "b"), op("/minimumCompressionSize", "many"), "many"),
        ("rest_api", "api", op("/name", "b"), op("/id", "x"), "/id"),
        ("method", "method", op("/operationName", "n"), op("/authorizationType", "AWS_IAM"), "AWS_IAM"),
        ("method", "method", op("/operationName", "n"), op("/apiKeyRequired", "true"), "API keys"),
        ("method", "method", op("/operationName", "n"), op("/operationName", "x", "move"), "move"),
        ("integration_response", "response", op("/contentHandling", "c"), op("/selectionPattern", "("),
        "pattern"),
        ("integration_response", "response", op("/contentHandling", "c"), op("/responseTemplates/a",
        "#if($x"), "a:"),
        ("integration", "method", op("/timeoutInMillis", "99"), op("/requestTemplates/", "x"),
        "/requestTemplates/"),
    ],
)  # fmt: skip
def test_what_cannot_be_updated_changes_nothing(
    aws: Account, kind: str, place: str, valid: dict[str, str], operation: dict[str, str], named: str
) -> None:
    api = Api(aws)
    where = getattr(api, place)
    read, update = (getattr(api.client, f"{verb}_{kind}") for verb in ("get", "update"))
    before = without_metadata(read(**where))
    with pytest.raises(api.client.exceptions.BadRequestException, match=named):
        update(**where, patchOperations=[valid, operation])
    assert without_metadata(read(**where)) == before
    update(**where, patchOperations=[valid])
    assert without_metadata(read(**where)) != before


def without_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def test_what_has_been_deleted_is_not_found(aws: Account) -> None:
    """As Terraform asks, to learn that something is gone."""
    api = Api(aws)
    client = api.client
    calls: list[tuple[Callable[..., Any], Callable[..., Any], dict[str, str]]] = [
        (client.delete_integration_response, client.get_integration_response, api.response),
        (client.delete_integration, client.get_integration, api.method),
        (client.delete_method, client.get_method, api.method),
        (client.delete_resource, client.get_resource, api.resource),
        (client.delete_deployment, client.get_deployment, api.deployment),
    ]
    for delete, read, where in calls:
        delete(**where)
        with pytest.raises(client.exceptions.NotFoundException):
            read(**where)
    for update in (client.update_method, client.update_integration):
        with pytest.raises(client.exceptions.NotFoundException):
            update(**api.method, patchOperations=[])


def test_a_resource_policy_is_refused(aws: Account) -> None:
    client = aws.client("apigateway")
    with pytest.raises(client.exceptions.BadRequestException, match="resource policy"):
        client.create_rest_api(name="a", policy='{"Version": "2012-10-17", "Statement": []}')
