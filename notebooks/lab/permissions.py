"""The permissions that the lessons' calls need, and no others, as IAM policy statements.

Actions and resources: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
(checked 2026-11). The tests run each lesson as a user who has these and nothing else.
"""

from collections.abc import Sequence
from typing import Any

LISTS = [
    "iam:ListRoles",
    "lambda:ListFunctions",
    "logs:DescribeLogGroups",
    "apprunner:ListServices",
    "ecs:ListServices",
    "ecr:DescribeRepositories",
]
"""What teardown asks to find what is left; these have no resource to name."""

ROLE = "arn:aws:iam::{account}:role/streaming-*"
ROLES = [
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:TagRole",
    "iam:ListRoleTags",
    "iam:PassRole",
]
GROUPS: dict[str, list[tuple[str, list[str]]]] = {
    "functions": [
        (
            "arn:aws:lambda:{region}:{account}:function:streaming-*",
            [
                "lambda:AddPermission",
                "lambda:CreateFunction",
                "lambda:CreateFunctionUrlConfig",
                "lambda:DeleteFunction",
                "lambda:DeleteFunctionUrlConfig",
                "lambda:GetFunction",
                "lambda:InvokeFunction",
                "lambda:InvokeFunctionUrl",
                "lambda:ListTags",
                "lambda:TagResource",
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
            "arn:aws:apigateway:{region}::/*",
            ["apigateway:DELETE", "apigateway:GET", "apigateway:POST", "apigateway:PUT"],
        ),
    ],
    "connections": [
        ("arn:aws:execute-api:{region}:{account}:*/@connections/*", ["execute-api:ManageConnections"]),
    ],
    "appsync": [
        (
            "arn:aws:appsync:{region}:{account}:*",
            [
                "appsync:CreateApi",
                "appsync:CreateApiKey",
                "appsync:CreateChannelNamespace",
                "appsync:CreateDataSource",
                "appsync:CreateGraphqlApi",
                "appsync:CreateResolver",
                "appsync:DeleteApi",
                "appsync:DeleteGraphqlApi",
                "appsync:GetSchemaCreationStatus",
                "appsync:ListApis",
                "appsync:ListGraphqlApis",
                "appsync:StartSchemaCreation",
                "appsync:TagResource",
            ],
        ),
    ],
    "services": [
        (
            "arn:aws:apprunner:{region}:{account}:service/streaming-*",
            [
                "apprunner:CreateService",
                "apprunner:DeleteService",
                "apprunner:DescribeService",
                "apprunner:ListTagsForResource",
                "apprunner:TagResource",
            ],
        ),
        (
            "arn:aws:ecs:{region}:{account}:service/default/streaming-*",
            [
                "ecs:CreateExpressGatewayService",
                "ecs:DeleteExpressGatewayService",
                "ecs:DescribeExpressGatewayService",
                "ecs:TagResource",
            ],
        ),
        (
            "arn:aws:ecr:{region}:{account}:repository/streaming-*",
            [
                "ecr:BatchCheckLayerAvailability",
                "ecr:CompleteLayerUpload",
                "ecr:CreateRepository",
                "ecr:DeleteRepository",
                "ecr:InitiateLayerUpload",
                "ecr:ListTagsForResource",
                "ecr:PutImage",
                "ecr:TagResource",
                "ecr:UploadLayerPart",
            ],
        ),
        ("*", ["ecr:GetAuthorizationToken"]),
        (ROLE, [*ROLES, "iam:AttachRolePolicy", "iam:DetachRolePolicy", "iam:ListAttachedRolePolicies"]),
        (
            "arn:aws:logs:{region}:{account}:log-group:/aws/*/streaming-*",
            ["logs:DeleteLogGroup"],
        ),
    ],
}


def policy(groups: Sequence[str], account_id: str, region: str) -> dict[str, Any]:
    """The policy document for `groups` (keys of `GROUPS`), with what teardown needs to look."""
    by_resource: dict[str, set[str]] = {"*": set(LISTS)}
    for group in groups:
        for resource, actions in GROUPS[group]:
            arn = resource.format(account=account_id, region=region)
            by_resource.setdefault(arn, set()).update(actions)
    statements = [
        {"Effect": "Allow", "Action": sorted(actions), "Resource": arn}
        for arn, actions in by_resource.items()
    ]
    return {"Version": "2012-10-17", "Statement": statements}
