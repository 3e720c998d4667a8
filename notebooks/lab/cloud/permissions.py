"""The permissions that the lessons' calls need, and no others, as IAM policy statements.

The tests run each lesson as a user of the stand-in who has these and nothing else. Whether AWS asks for more,
to create a service-linked role for one, is unconfirmed.
"""

from collections.abc import Sequence
from typing import Any

FUNCTION = "arn:aws:lambda:{region}:{account}:function:streaming-*"
ROLE = "arn:aws:iam::{account}:role/streaming-*"
APP_RUNNER = "arn:aws:apprunner:{region}:{account}:service/streaming-*"
EXPRESS = "arn:aws:ecs:{region}:{account}:service/default/streaming-*"
REPOSITORY = "arn:aws:ecr:{region}:{account}:repository/streaming-*"
GATEWAY = "arn:aws:apigateway:{region}::"

LOOK: list[tuple[str, list[str]]] = [
    (
        "*",  # listings have no resource to name
        [
            "appsync:ListApis",
            "appsync:ListGraphqlApis",
            "apprunner:ListServices",
            "ecr:DescribeRepositories",
            "ecs:ListServices",
            "iam:ListRoles",
            "lambda:ListFunctions",
            "logs:DescribeLogGroups",
        ],
    ),
    (GATEWAY + "/restapis", ["apigateway:GET"]),
    (GATEWAY + "/apis", ["apigateway:GET"]),
    (FUNCTION, ["lambda:ListTags"]),
    (ROLE, ["iam:ListRoleTags"]),
    (APP_RUNNER, ["apprunner:ListTagsForResource"]),
    (EXPRESS, ["ecs:DescribeExpressGatewayService"]),
    (REPOSITORY, ["ecr:ListTagsForResource"]),
]
"""What every run needs to find what an earlier one has left."""

ROLES = [
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:TagRole",
    "iam:ListAttachedRolePolicies",
    "iam:PassRole",
]
GROUPS: dict[str, list[tuple[str, list[str]]]] = {
    "functions": [
        (
            FUNCTION,
            [
                "lambda:AddPermission",
                "lambda:CreateFunction",
                "lambda:CreateFunctionUrlConfig",
                "lambda:DeleteFunction",
                "lambda:DeleteFunctionUrlConfig",
                "lambda:GetFunction",
                "lambda:InvokeFunction",
                "lambda:InvokeFunctionUrl",
                "lambda:TagResource",
                "lambda:UpdateFunctionConfiguration",
                "lambda:UpdateFunctionUrlConfig",
            ],
        ),
        (ROLE, [*ROLES, "iam:PutRolePolicy", "iam:DeleteRolePolicy"]),
        (
            "arn:aws:logs:{region}:{account}:log-group:/aws/lambda/streaming-*",
            ["logs:DeleteLogGroup", "logs:FilterLogEvents"],
        ),
    ],
    "gateways": [
        (
            GATEWAY + "/*",
            ["apigateway:DELETE", "apigateway:GET", "apigateway:POST", "apigateway:PUT"],
        ),
    ],
    "connections": [
        ("arn:aws:execute-api:{region}:{account}:*/@connections/*", ["execute-api:ManageConnections"]),
    ],
    "appsync": [
        ("*", ["appsync:CreateApi", "appsync:CreateGraphqlApi", "appsync:TagResource"]),
        (
            "arn:aws:appsync:{region}:{account}:*",
            [
                "appsync:CreateApiKey",
                "appsync:CreateChannelNamespace",
                "appsync:CreateDataSource",
                "appsync:CreateResolver",
                "appsync:DeleteApi",
                "appsync:DeleteGraphqlApi",
                "appsync:GetSchemaCreationStatus",
                "appsync:StartSchemaCreation",
            ],
        ),
    ],
    "services": [
        (
            APP_RUNNER,
            [
                "apprunner:CreateService",
                "apprunner:DeleteService",
                "apprunner:DescribeService",
                "apprunner:TagResource",
            ],
        ),
        (
            EXPRESS,
            [
                "ecs:CreateExpressGatewayService",
                "ecs:DeleteExpressGatewayService",
                "ecs:TagResource",
                "ecs:UpdateExpressGatewayService",
            ],
        ),
        (
            REPOSITORY,
            [
                "ecr:BatchCheckLayerAvailability",
                "ecr:CompleteLayerUpload",
                "ecr:CreateRepository",
                "ecr:DeleteRepository",
                "ecr:InitiateLayerUpload",
                "ecr:PutImage",
                "ecr:TagResource",
                "ecr:UploadLayerPart",
            ],
        ),
        ("*", ["ecr:GetAuthorizationToken"]),
        (ROLE, [*ROLES, "iam:AttachRolePolicy", "iam:DetachRolePolicy", "iam:DeleteRolePolicy"]),
        (
            "arn:aws:logs:{region}:{account}:log-group:/aws/*/streaming-*",
            ["logs:DeleteLogGroup"],
        ),
    ],
}


def policy(groups: Sequence[str], account_id: str, region: str) -> dict[str, Any]:
    """Return the policy document for `groups` (keys of `GROUPS`), and for looking."""
    by_resource: dict[str, set[str]] = {}
    for resource, actions in [*LOOK, *(entry for group in groups for entry in GROUPS[group])]:
        arn = resource.format(account=account_id, region=region)
        by_resource.setdefault(arn, set()).update(actions)
    statements = [
        {"Effect": "Allow", "Action": sorted(actions), "Resource": arn}
        for arn, actions in by_resource.items()
    ]
    return {"Version": "2012-10-17", "Statement": statements}
