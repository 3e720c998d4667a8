"""The types of what functions store, send and read: S3, DynamoDB, SQS, SNS, logs, parameters, images."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from server.local_aws.cloudformation.kinds import Kind, Part, Properties, Settled
from server.local_aws.cloudformation.properties import BadProperty

KEYS = {"ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds", "Id": "ID"}


def bucket(properties: Properties, region: str) -> dict[str, Any]:
    """S3's operations have other structures than its properties."""
    given = {name: BUCKET[name](value) if name in BUCKET else value for name, value in properties.items()}
    if region != "us-east-1":
        given["CreateBucketConfiguration"] = {"LocationConstraint": region}
    return given


def encryption(value: Any) -> Any:
    rules = [
        renamed(rule, {"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"})
        for rule in value["ServerSideEncryptionConfiguration"]
    ]
    return {"Rules": rules}


def renamed(value: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): inner for name, inner in value.items()}


def lifecycle(value: Any) -> Any:
    return {"Rules": [lifecycle_rule(rule) for rule in value["Rules"]]}


def lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    done = renamed(rule, {"Id": "ID"})
    if "NoncurrentVersionExpirationInDays" in done:
        days = done.pop("NoncurrentVersionExpirationInDays")
        done["NoncurrentVersionExpiration"] = {"NoncurrentDays": days}
    expiration = {
        member: done.pop(name)
        for name, member in {
            "ExpirationInDays": "Days",
            "ExpirationDate": "Date",
            "ExpiredObjectDeleteMarker": "ExpiredObjectDeleteMarker",
        }.items()
        if name in done
    }
    if expiration:
        done["Expiration"] = expiration
    if "TagFilters" not in done:
        done["Filter"] = {"Prefix": done.pop("Prefix", "")}
    return done


BUCKET: Mapping[str, Callable[[Any], Any]] = {
    "AccessControl": lambda value: re.sub("(?<=[a-z])(?=[A-Z])", "-", value).lower(),
    "BucketEncryption": encryption,
    "CorsConfiguration": lambda value: {"CORSRules": [renamed(rule, KEYS) for rule in value["CorsRules"]]},
    "LifecycleConfiguration": lifecycle,
    "Tags": lambda value: {"TagSet": value},
    "WebsiteConfiguration": lambda value: {
        **value,
        **({"IndexDocument": {"Suffix": value["IndexDocument"]}} if "IndexDocument" in value else {}),
        **({"ErrorDocument": {"Key": value["ErrorDocument"]}} if "ErrorDocument" in value else {}),
    },
}


def attributes(*plain: str) -> Callable[[Properties, str], dict[str, Any]]:
    """Return what makes all properties but the `plain` ones the attributes of SQS's and SNS's operations."""

    def prepare(properties: Properties, region: str) -> dict[str, Any]:
        given = {name: value for name, value in properties.items() if name in plain}
        others = {name: written(value) for name, value in properties.items() if name not in plain}
        return {**given, "Attributes": others} if others else given

    return prepare


def settings(
    *plain: str, fixed: tuple[str, ...] = (), names: tuple[str, ...]
) -> Callable[[Properties, str], dict[str, Any]]:
    """Return what makes the properties in `names` attributes that are set one by one, and those in `fixed`
    attributes that are set when the resource is made; the `plain` ones are parameters."""

    def prepare(properties: Properties, region: str) -> dict[str, Any]:
        if unknown := properties.keys() - {*plain, *fixed, *names}:
            raise BadProperty("", f"extraneous key [{sorted(unknown)[0]}] is not permitted")
        given = {name: value for name, value in properties.items() if name in plain}
        if first := {name: written(properties[name]) for name in fixed if name in properties}:
            given["Attributes"] = first
        given["Settings"] = [
            {"AttributeName": name, "AttributeValue": written(properties[name])}
            for name in names
            if name in properties
        ]
        return given

    return prepare


def written(value: Any) -> str:
    return json.dumps(value) if isinstance(value, (Mapping, list)) else text(value)


def text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def policy(
    name: str, parameters: Callable[[str], dict[str, Any]]
) -> Callable[[Properties, str], dict[str, Any]]:
    """Return what makes a policy the `parameters` that set it on each of the resources in the property
    `name`."""

    def prepare(properties: Properties, region: str) -> dict[str, Any]:
        if unknown := properties.keys() - {name, "PolicyDocument"}:
            raise BadProperty("", f"extraneous key [{sorted(unknown)[0]}] is not permitted")
        return {name: properties.get(name, []), **parameters(written(properties.get("PolicyDocument")))}

    return prepare


def table(properties: Properties, region: str) -> dict[str, Any]:
    given = dict(properties)
    if "StreamSpecification" in given:
        given["StreamSpecification"] = {"StreamEnabled": True, **given["StreamSpecification"]}
    if "SSESpecification" in given:
        given["SSESpecification"] = renamed(given["SSESpecification"], {"SSEEnabled": "Enabled"})
    return given


KINDS: Mapping[str, Kind] = {
    "AWS::S3::Bucket": Kind(
        "s3",
        "CreateBucket",
        "{Bucket}",
        delete="DeleteBucket",
        attributes={
            "Arn": "arn:aws:s3:::{Bucket}",
            "DomainName": "{Bucket}.s3.amazonaws.com",
            "DualStackDomainName": "{Bucket}.s3.dualstack.{region}.amazonaws.com",
            "RegionalDomainName": "{Bucket}.s3.{region}.amazonaws.com",
            "WebsiteURL": "http://{Bucket}.s3-website-{region}.amazonaws.com",
        },
        named="BucketName",
        longest=63,
        renamed={"BucketName": "Bucket", "AccessControl": "ACL"},
        parts={
            "BucketEncryption": Part(
                "PutBucketEncryption", "ServerSideEncryptionConfiguration", "DeleteBucketEncryption"
            ),
            "CorsConfiguration": Part("PutBucketCors", "CORSConfiguration", "DeleteBucketCors"),
            "LifecycleConfiguration": Part(
                "PutBucketLifecycleConfiguration", "LifecycleConfiguration", "DeleteBucketLifecycle"
            ),
            "OwnershipControls": Part(
                "PutBucketOwnershipControls", "OwnershipControls", "DeleteBucketOwnershipControls"
            ),
            "PublicAccessBlockConfiguration": Part(
                "PutPublicAccessBlock", "PublicAccessBlockConfiguration", "DeletePublicAccessBlock"
            ),
            "Tags": Part("PutBucketTagging", "Tagging", "DeleteBucketTagging"),
            "VersioningConfiguration": Part(
                "PutBucketVersioning", "VersioningConfiguration", neutral={"Status": "Suspended"}
            ),
            "WebsiteConfiguration": Part("PutBucketWebsite", "WebsiteConfiguration", "DeleteBucketWebsite"),
        },
        prepare=bucket,
    ),
    "AWS::S3::BucketPolicy": Kind(
        "s3",
        "PutBucketPolicy",
        "{Bucket}",
        update=("PutBucketPolicy",),
        delete="DeleteBucketPolicy",
        renamed={"PolicyDocument": "Policy"},
    ),
    "AWS::DynamoDB::Table": Kind(
        "dynamodb",
        "CreateTable",
        "{TableName}",
        update=("UpdateTable",),
        delete="DeleteTable",
        read="DescribeTable",
        attributes={"Arn": "{TableArn}", "StreamArn": "{LatestStreamArn}"},
        named="TableName",
        longest=255,
        parts={
            "TimeToLiveSpecification": Part("UpdateTimeToLive", "TimeToLiveSpecification"),
            "PointInTimeRecoverySpecification": Part(
                "UpdateContinuousBackups",
                "PointInTimeRecoverySpecification",
                neutral={"PointInTimeRecoveryEnabled": False},
            ),
        },
        prepare=table,
        settled=Settled("TableStatus", frozenset({"ACTIVE"})),
        known={"ResourceArn": "{TableArn}"},
        tagging=("TagResource", "UntagResource", "TagKeys"),
    ),
    "AWS::SQS::Queue": Kind(
        "sqs",
        "CreateQueue",
        "{QueueUrl}",
        update=("SetQueueAttributes",),
        delete="DeleteQueue",
        attributes={
            "Arn": "arn:aws:sqs:{region}:{account}:{QueueName}",
            "QueueName": "{QueueName}",
            "QueueUrl": "{QueueUrl}",
        },
        named="QueueName",
        longest=80,
        prepare=attributes("QueueName", "Tags"),
        tagging=("TagQueue", "UntagQueue", "TagKeys"),
    ),
    "AWS::SQS::QueuePolicy": Kind(
        "sqs",
        ref="{random}",
        parts={"Queues": Part("SetQueueAttributes", "QueueUrl", each=True)},
        prepare=policy("Queues", lambda text: {"Attributes": {"Policy": text}}),
    ),
    "AWS::SNS::Topic": Kind(
        "sns",
        "CreateTopic",
        "{TopicArn}",
        delete="DeleteTopic",
        attributes={"TopicArn": "{TopicArn}", "TopicName": "{Name}"},
        named="TopicName",
        longest=256,
        renamed={"TopicName": "Name"},
        known={"ResourceArn": "{TopicArn}"},
        tagging=("TagResource", "UntagResource", "TagKeys"),
        parts={
            "Settings": Part("SetTopicAttributes", each=True),
            "Subscription": Part("Subscribe", "", each=True),
        },
        prepare=settings(
            "TopicName",
            "Tags",
            "Subscription",
            fixed=("FifoTopic",),
            names=("ContentBasedDeduplication", "DisplayName", "KmsMasterKeyId", "SignatureVersion"),
        ),
    ),
    "AWS::SNS::Subscription": Kind(
        "sns",
        "Subscribe",
        "{SubscriptionArn}",
        delete="Unsubscribe",
        parts={"Settings": Part("SetSubscriptionAttributes", each=True)},
        prepare=settings(
            "Endpoint",
            "Protocol",
            "TopicArn",
            names=(
                "DeliveryPolicy",
                "FilterPolicyScope",
                "FilterPolicy",
                "RawMessageDelivery",
                "RedrivePolicy",
            ),
        ),
    ),
    "AWS::SNS::TopicPolicy": Kind(
        "sns",
        ref="{random}",
        parts={"Topics": Part("SetTopicAttributes", "TopicArn", each=True)},
        prepare=policy("Topics", lambda text: {"AttributeName": "Policy", "AttributeValue": text}),
    ),
    "AWS::Logs::LogGroup": Kind(
        "logs",
        "CreateLogGroup",
        "{logGroupName}",
        delete="DeleteLogGroup",
        attributes={"Arn": "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:*"},
        named="LogGroupName",
        longest=512,
        parts={"RetentionInDays": Part("PutRetentionPolicy", "retentionInDays", "DeleteRetentionPolicy")},
        defaults={"LogGroupClass": "STANDARD"},
        known={"resourceArn": "arn:aws:logs:{region}:{account}:log-group:{logGroupName}"},
        tagging=("TagResource", "UntagResource", "tagKeys"),
    ),
    "AWS::SSM::Parameter": Kind(
        "ssm",
        "PutParameter",
        "{Name}",
        update=("PutParameter",),
        delete="DeleteParameter",
        attributes={"Type": "{Type}", "Value": "{Value}"},
        named="Name",
        fixed_update={"Overwrite": True},
        known={"ResourceId": "{Name}", "ResourceType": "Parameter"},
        tagging=("AddTagsToResource", "RemoveTagsFromResource", "TagKeys"),
    ),
    "AWS::SecretsManager::Secret": Kind(
        "secretsmanager",
        "CreateSecret",
        "{ARN}",
        update=("UpdateSecret",),
        delete="DeleteSecret",
        attributes={"Id": "{ARN}"},
        named="Name",
        known={"SecretId": "{ARN}"},
        tagging=("TagResource", "UntagResource", "TagKeys"),
    ),
    "AWS::ECR::Repository": Kind(
        "ecr",
        "CreateRepository",
        "{repositoryName}",
        delete="DeleteRepository",
        attributes={"Arn": "{repositoryArn}", "RepositoryUri": "{repositoryUri}"},
        named="RepositoryName",
        longest=256,
        known={"resourceArn": "{repositoryArn}"},
        tagging=("TagResource", "UntagResource", "tagKeys"),
        parts={
            "RepositoryPolicyText": Part("SetRepositoryPolicy", "policyText", "DeleteRepositoryPolicy"),
            "LifecyclePolicy": Part("PutLifecyclePolicy", "", "DeleteLifecyclePolicy"),
            "ImageTagMutability": Part("PutImageTagMutability", "imageTagMutability", neutral="MUTABLE"),
            "ImageScanningConfiguration": Part(
                "PutImageScanningConfiguration", "imageScanningConfiguration", neutral={"scanOnPush": False}
            ),
        },
    ),
}
