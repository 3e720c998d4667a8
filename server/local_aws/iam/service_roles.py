"""Roles as which a service calls another: of a gateway's integration, of an AppSync data source.

Docs (checked 2026-11): docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html and
docs.aws.amazon.com/appsync/latest/devguide/attaching-a-data-source.html.
"""

from server.local_aws.iam.identity import of_role, role_with
from server.local_aws.iam.resource_policy import Service, permits
from server.local_aws.iam.trust import trusts

SESSION = "service"
"""What such a session is called is not documented; only `aws:userid` tells it."""


def may(
    service: Service, role_arn: str, source_arn: str, action: str, resource: str, statements: object
) -> bool:
    """Return whether `service`, on behalf of `source_arn`, may take on the role and do `action` as it on
    `resource`, whose own policy has these `statements`."""
    role = role_with(role_arn)
    if role is None or not trusts(role_arn, service, service.on_behalf_of(source_arn)):
        return False
    return permits(statements, action, of_role(role, SESSION), resource, {})
