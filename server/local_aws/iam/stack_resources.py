"""What the resources of CloudFormation's templates are called by IAM, and by which actions they are made.

Sources (checked 2026-11): docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/ (properties) and
docs.aws.amazon.com/service-authorization/latest/reference/ (actions and resources).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Kind:
    """A type of resources. `service`: the prefix of its actions. `name`: the property with its name or with
    that of what it belongs to, or a list of these. `arn`: with {region}, {account}, {path} and {name}.
    `create`, `update`, `delete`: actions; `also`: those that a property needs besides, whenever it is there.
    `roles`: the properties that hand over a role, by their paths (`*`: each of a list), and who gets it."""

    service: str
    name: str
    arn: str
    create: tuple[str, ...]
    update: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)


TAGGED = {"Tags": ("TagResource",)}
LAMBDA = "arn:aws:lambda:{region}:{account}:function:{name}"
IAM = "arn:aws:iam::{account}:"
GATEWAY = "arn:aws:apigateway:{region}::"
APPSYNC = "arn:aws:appsync:{region}:{account}:"
POLICIES = {
    "Policies": ("PutRolePolicy", "DeleteRolePolicy"),
    "ManagedPolicyArns": ("AttachRolePolicy", "DetachRolePolicy"),
    "PermissionsBoundary": ("PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"),
    "Tags": ("TagRole", "UntagRole"),
}


def of(holder: str, actions: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the same actions on a user or a group."""
    return {key: tuple(name.replace("Role", holder) for name in names) for key, names in actions.items()}


def on_function(*create: str, update: str, delete: str) -> Kind:
    return Kind("lambda", "FunctionName", LAMBDA, create, (update,), (delete,))


def on_gateway(resource: str, name: str = "RestApiId", **roles: str) -> Kind:
    """A resource of API Gateway, whose actions are HTTP's methods."""
    passed = {path.replace("__", "."): "apigateway.amazonaws.com" for path in roles.values()}
    return Kind(
        "apigateway", name, GATEWAY + resource, ("POST", "PUT"), ("PATCH",), ("DELETE",), TAGS_PUT, passed
    )


TAGS_PUT = {"Tags": ("PUT",), "Body": ("PUT",), "BodyS3Location": ("PUT",)}


def on_appsync(noun: str, name: str = "ApiId", *roles: str) -> Kind:
    passed = dict.fromkeys(roles, "appsync.amazonaws.com")
    actions = (f"Create{noun}",), (f"Update{noun}",), (f"Delete{noun}",)
    return Kind("appsync", name, APPSYNC + "apis/{name}", *actions, TAGGED, passed)


KINDS: Mapping[str, Kind] = {
    "AWS::IAM::Role": Kind(
        "iam",
        "RoleName",
        IAM + "role{path}{name}",
        ("CreateRole",),
        ("UpdateRole", "UpdateAssumeRolePolicy", *(name for names in POLICIES.values() for name in names)),
        ("DeleteRole",),
        POLICIES,
    ),
    "AWS::IAM::User": Kind(
        "iam",
        "UserName",
        IAM + "user{path}{name}",
        ("CreateUser",),
        ("UpdateUser", *(name for names in of("User", POLICIES).values() for name in names)),
        ("DeleteUser",),
        {
            **of("User", POLICIES),
            "LoginProfile": ("CreateLoginProfile", "DeleteLoginProfile"),
            "Groups": ("AddUserToGroup", "RemoveUserFromGroup"),
        },
    ),
    "AWS::IAM::Group": Kind(
        "iam",
        "GroupName",
        IAM + "group{path}{name}",
        ("CreateGroup",),
        ("UpdateGroup", "PutGroupPolicy", "DeleteGroupPolicy", "AttachGroupPolicy", "DetachGroupPolicy"),
        ("DeleteGroup",),
        of("Group", POLICIES),
    ),
    "AWS::IAM::ManagedPolicy": Kind(
        "iam",
        "ManagedPolicyName",
        IAM + "policy{path}{name}",
        ("CreatePolicy",),
        ("CreatePolicyVersion", "DeletePolicyVersion", "SetDefaultPolicyVersion"),
        ("DeletePolicy",),
    ),
    "AWS::IAM::InstanceProfile": Kind(
        "iam",
        "InstanceProfileName",
        IAM + "instance-profile{path}{name}",
        ("CreateInstanceProfile", "AddRoleToInstanceProfile"),
        ("AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile"),
        ("DeleteInstanceProfile", "RemoveRoleFromInstanceProfile"),
        roles={"Roles.*": "ec2.amazonaws.com"},
    ),
    "AWS::IAM::AccessKey": Kind(
        "iam",
        "UserName",
        IAM + "user/{name}",
        ("CreateAccessKey",),
        ("UpdateAccessKey",),
        ("DeleteAccessKey",),
    ),
    "AWS::Lambda::Function": Kind(
        "lambda",
        "FunctionName",
        LAMBDA,
        ("CreateFunction",),
        ("UpdateFunctionCode", "UpdateFunctionConfiguration"),
        ("DeleteFunction",),
        {
            **TAGGED,
            "ReservedConcurrentExecutions": ("PutFunctionConcurrency", "DeleteFunctionConcurrency"),
            "RuntimeManagementConfig": ("PutRuntimeManagementConfig",),
        },
        {"Role": "lambda.amazonaws.com"},
    ),
    "AWS::Lambda::Permission": on_function(
        "AddPermission", update="RemovePermission", delete="RemovePermission"
    ),
    "AWS::Lambda::Version": on_function("PublishVersion", update="PublishVersion", delete="DeleteFunction"),
    "AWS::Lambda::Alias": on_function("CreateAlias", update="UpdateAlias", delete="DeleteAlias"),
    "AWS::Lambda::Url": Kind(
        "lambda",
        "TargetFunctionArn",
        LAMBDA,
        ("CreateFunctionUrlConfig",),
        ("UpdateFunctionUrlConfig",),
        ("DeleteFunctionUrlConfig",),
    ),
    "AWS::Lambda::EventSourceMapping": on_function(
        "CreateEventSourceMapping", update="UpdateEventSourceMapping", delete="DeleteEventSourceMapping"
    ),
    "AWS::Logs::LogGroup": Kind(
        "logs",
        "LogGroupName",
        "arn:aws:logs:{region}:{account}:log-group:{name}:log-stream:",
        ("CreateLogGroup",),
        ("PutRetentionPolicy", "DeleteRetentionPolicy", "TagResource"),
        ("DeleteLogGroup",),
        {**TAGGED, "RetentionInDays": ("PutRetentionPolicy",), "KmsKeyId": ("AssociateKmsKey",)},
    ),
    "AWS::S3::Bucket": Kind(
        "s3",
        "BucketName",
        "arn:aws:s3:::{name}",
        ("CreateBucket",),
        (),
        ("DeleteBucket",),
        {
            "AccessControl": ("PutBucketAcl",),
            "BucketEncryption": ("PutEncryptionConfiguration",),
            "CorsConfiguration": ("PutBucketCORS",),
            "LifecycleConfiguration": ("PutLifecycleConfiguration",),
            "LoggingConfiguration": ("PutBucketLogging",),
            "NotificationConfiguration": ("PutBucketNotification",),
            "OwnershipControls": ("PutBucketOwnershipControls",),
            "PublicAccessBlockConfiguration": ("PutBucketPublicAccessBlock",),
            "Tags": ("PutBucketTagging",),
            "VersioningConfiguration": ("PutBucketVersioning",),
            "WebsiteConfiguration": ("PutBucketWebsite",),
        },
    ),
    "AWS::S3::BucketPolicy": Kind(
        "s3",
        "Bucket",
        "arn:aws:s3:::{name}",
        ("PutBucketPolicy",),
        ("PutBucketPolicy",),
        ("DeleteBucketPolicy",),
    ),
    "AWS::DynamoDB::Table": Kind(
        "dynamodb",
        "TableName",
        "arn:aws:dynamodb:{region}:{account}:table/{name}",
        ("CreateTable",),
        ("UpdateTable",),
        ("DeleteTable",),
        {
            **TAGGED,
            "TimeToLiveSpecification": ("UpdateTimeToLive",),
            "PointInTimeRecoverySpecification": ("UpdateContinuousBackups",),
            "ResourcePolicy": ("PutResourcePolicy",),
        },
    ),
    "AWS::SNS::Topic": Kind(
        "sns",
        "TopicName",
        "arn:aws:sns:{region}:{account}:{name}",
        ("CreateTopic",),
        ("SetTopicAttributes",),
        ("DeleteTopic",),
        {**TAGGED, "Subscription": ("Subscribe", "Unsubscribe")},
    ),
    "AWS::SNS::Subscription": Kind(
        "sns",
        "TopicArn",
        "arn:aws:sns:{region}:{account}:{name}",
        ("Subscribe",),
        ("SetSubscriptionAttributes",),
        ("Unsubscribe",),
        roles={"SubscriptionRoleArn": "sns.amazonaws.com"},
    ),
    "AWS::SNS::TopicPolicy": Kind(
        "sns",
        "Topics",
        "arn:aws:sns:{region}:{account}:{name}",
        ("SetTopicAttributes",),
        ("SetTopicAttributes",),
        ("SetTopicAttributes",),
    ),
    "AWS::SQS::Queue": Kind(
        "sqs",
        "QueueName",
        "arn:aws:sqs:{region}:{account}:{name}",
        ("CreateQueue",),
        ("SetQueueAttributes",),
        ("DeleteQueue",),
        {"Tags": ("TagQueue",)},
    ),
    "AWS::SQS::QueuePolicy": Kind(
        "sqs",
        "Queues",
        "arn:aws:sqs:{region}:{account}:{name}",
        ("SetQueueAttributes",),
        ("SetQueueAttributes",),
        ("SetQueueAttributes",),
    ),
    "AWS::Events::Rule": Kind(
        "events",
        "Name",
        "arn:aws:events:{region}:{account}:rule/{name}",
        ("PutRule",),
        ("PutRule", "PutTargets", "RemoveTargets"),
        ("DeleteRule", "RemoveTargets"),
        {**TAGGED, "Targets": ("PutTargets",)},
        {"RoleArn": "events.amazonaws.com", "Targets.*.RoleArn": "events.amazonaws.com"},
    ),
    "AWS::SSM::Parameter": Kind(
        "ssm",
        "Name",
        "arn:aws:ssm:{region}:{account}:parameter/{name}",
        ("PutParameter",),
        ("PutParameter",),
        ("DeleteParameter",),
        {"Tags": ("AddTagsToResource",)},
    ),
    "AWS::SecretsManager::Secret": Kind(
        "secretsmanager",
        "Name",
        "arn:aws:secretsmanager:{region}:{account}:secret:{name}-XXXXXX",
        ("CreateSecret",),
        ("UpdateSecret",),
        ("DeleteSecret",),
        {**TAGGED, "GenerateSecretString": ("GetRandomPassword",)},
    ),
    "AWS::ApiGateway::RestApi": on_gateway("/restapis", ""),
    "AWS::ApiGateway::Resource": on_gateway("/restapis/{name}/resources/*"),
    "AWS::ApiGateway::Method": on_gateway(
        "/restapis/{name}/resources/*", integration="Integration__Credentials"
    ),
    "AWS::ApiGateway::Deployment": on_gateway("/restapis/{name}/deployments/*"),
    "AWS::ApiGateway::Stage": on_gateway("/restapis/{name}/stages/*"),
    "AWS::ApiGateway::Model": on_gateway("/restapis/{name}/models/*"),
    "AWS::ApiGateway::Authorizer": on_gateway("/restapis/{name}/authorizers/*", it="AuthorizerCredentials"),
    "AWS::ApiGateway::GatewayResponse": on_gateway("/restapis/{name}/gatewayresponses/*"),
    "AWS::ApiGateway::RequestValidator": on_gateway("/restapis/{name}/requestvalidators/*"),
    "AWS::ApiGateway::Account": on_gateway("/account", "", logs="CloudWatchRoleArn"),
    "AWS::ApiGateway::ApiKey": on_gateway("/apikeys/*", ""),
    "AWS::ApiGateway::UsagePlan": on_gateway("/usageplans/*", ""),
    "AWS::ApiGateway::UsagePlanKey": on_gateway("/usageplans/*", ""),
    "AWS::ApiGatewayV2::Api": on_gateway("/apis", "", quick="CredentialsArn"),
    "AWS::ApiGatewayV2::Route": on_gateway("/apis/{name}/routes/*", "ApiId"),
    "AWS::ApiGatewayV2::RouteResponse": on_gateway("/apis/{name}/routes/*", "ApiId"),
    "AWS::ApiGatewayV2::Integration": on_gateway("/apis/{name}/integrations/*", "ApiId", it="CredentialsArn"),
    "AWS::ApiGatewayV2::IntegrationResponse": on_gateway("/apis/{name}/integrations/*", "ApiId"),
    "AWS::ApiGatewayV2::Deployment": on_gateway("/apis/{name}/deployments/*", "ApiId"),
    "AWS::ApiGatewayV2::Stage": on_gateway("/apis/{name}/stages/*", "ApiId"),
    "AWS::ApiGatewayV2::Model": on_gateway("/apis/{name}/models/*", "ApiId"),
    "AWS::ApiGatewayV2::Authorizer": on_gateway(
        "/apis/{name}/authorizers/*", "ApiId", it="AuthorizerCredentialsArn"
    ),
    "AWS::AppSync::GraphQLApi": on_appsync(
        "GraphqlApi", "", "LogConfig.CloudWatchLogsRoleArn", "MergedApiExecutionRoleArn"
    ),
    "AWS::AppSync::GraphQLSchema": Kind(
        "appsync",
        "ApiId",
        APPSYNC + "apis/{name}",
        ("StartSchemaCreation",),
        ("StartSchemaCreation",),
        ("StartSchemaCreation",),
    ),
    "AWS::AppSync::ApiKey": on_appsync("ApiKey"),
    "AWS::AppSync::DataSource": on_appsync("DataSource", "ApiId", "ServiceRoleArn"),
    "AWS::AppSync::Resolver": on_appsync("Resolver"),
    "AWS::AppSync::FunctionConfiguration": on_appsync("Function"),
    "AWS::AppSync::Api": on_appsync("Api", "", "EventConfig.LogConfig.CloudWatchLogsRoleArn"),
    "AWS::AppSync::ChannelNamespace": on_appsync("ChannelNamespace"),
}
"""The types whose resources somebody may make who has the permissions of the calls that make them. For all
others a stack needs the permission to do everything."""

HOLDERS = {
    "Roles": ("RoleName", "role", "Role"),
    "Users": ("UserName", "user", "User"),
    "Groups": ("GroupName", "group", "Group"),
}
"""The properties of `AWS::IAM::Policy` and `AWS::IAM::ManagedPolicy` that name whose policy it becomes: the
property of those with the name, their kind in an ARN, and in the names of actions."""
