"""Which permissions the calls of data services need, and that a role with the least of them can work.

Source: docs.aws.amazon.com/service-authorization/latest/reference/ (checked 2026-11).
"""

import json
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from server.local_aws.control_plane.call import ApiCall
from server.local_aws.control_plane.canonical import canonical
from server.local_aws.control_plane.operations import operation_of
from server.local_aws.iam.permissions import permissions
from tests.support.account import Account
from tests.support.permissions import allow, refused

PLACE = "ap-northeast-1:123456789012"
TABLE = f"dynamodb:{PLACE}:table/"
QUEUE = f"sqs:{PLACE}:"
URL = "http://127.0.0.1/123456789012/"
TOPIC = f"arn:aws:sns:{PLACE}:t"
PARAMETER = f"ssm:{PLACE}:parameter/"
SECRET = f"secretsmanager:{PLACE}:secret:"
RULE = f"events:{PLACE}:rule/"
BUS = f"events:{PLACE}:event-bus/"
KEY = f"kms:{PLACE}:key/"
ITEM = {"id": {"S": "1"}}
STREAM = f"arn:aws:{TABLE}t/stream/2026-11-01T00:00:00.000"
TAGS = [{"Key": "a", "Value": "b"}]

Needed = dict[str, str | list[str]]
"""Resources by action: each without `arn:aws:`, or `*`."""

CALLS: list[tuple[str, str, dict[str, Any], Needed]] = [
    ("dynamodb", "list_tables", {}, {"dynamodb:ListTables": "*"}),
    ("dynamodb", "describe_limits", {}, {"dynamodb:DescribeLimits": "*"}),
    ("dynamodb", "list_backups", {"TableName": "t"}, {"dynamodb:ListBackups": "*"}),
    ("dynamodb", "get_item", {"TableName": "t", "Key": ITEM}, {"dynamodb:GetItem": TABLE + "t"}),
    ("dynamodb", "put_item", {"TableName": f"arn:aws:{TABLE}t", "Item": ITEM},
    {"dynamodb:PutItem": TABLE + "t"}),
    ("dynamodb", "query", {"TableName": "t"}, {"dynamodb:Query": TABLE + "t"}),
    ("dynamodb", "query", {"TableName": "t", "IndexName": "i"}, {"dynamodb:Query": TABLE + "t/index/i"}),
    ("dynamodb", "scan", {"TableName": "t", "IndexName": "i"}, {"dynamodb:Scan": TABLE + "t/index/i"}),
    ("dynamodb", "batch_get_item", {"RequestItems": {"a": {"Keys": [ITEM]}, "b": {"Keys": [ITEM]}}},
     {"dynamodb:BatchGetItem": [TABLE + "a", TABLE + "b"]}),
    ("dynamodb", "batch_write_item", {"RequestItems": {"a": [{"PutRequest": {"Item": ITEM}}]}},
     {"dynamodb:BatchWriteItem": TABLE + "a"}),
    ("dynamodb", "transact_get_items", {"TransactItems": [{"Get": {"TableName": "a", "Key": ITEM}}]},
     {"dynamodb:GetItem": TABLE + "a"}),
    ("dynamodb", "transact_write_items", {"TransactItems": [
        {"Put": {"TableName": "a", "Item": ITEM}}, {"Delete": {"TableName": "b", "Key": ITEM}},
        {"ConditionCheck": {"TableName": "c", "Key": ITEM, "ConditionExpression": "x"}},
        {"Update": {"TableName": "a", "Key": ITEM, "UpdateExpression": "x"}},
    ]}, {"dynamodb:PutItem": TABLE + "a", "dynamodb:DeleteItem": TABLE + "b",
         "dynamodb:ConditionCheckItem": TABLE + "c", "dynamodb:UpdateItem": TABLE + "a"}),
    ("dynamodb", "execute_statement", {"Statement": 'SELECT * FROM "t"."i" WHERE x = 1'},
     {"dynamodb:PartiQLSelect": TABLE + "t/index/i"}),
    ("dynamodb", "execute_statement", {"Statement": "insert into t value {'id': '1'}"},
     {"dynamodb:PartiQLInsert": TABLE + "t"}),
    ("dynamodb", "execute_statement", {"Statement": 'SELECT * FROM/**/"other" -- FROM "t"'},
     {"dynamodb:PartiQLSelect": "*"}),
    ("dynamodb", "batch_execute_statement",
     {"Statements": [{"Statement": "UPDATE a SET x=1"}, {"Statement": "DELETE FROM b WHERE x=1"}]},
     {"dynamodb:PartiQLUpdate": TABLE + "a", "dynamodb:PartiQLDelete": TABLE + "b"}),
    ("dynamodb", "restore_table_from_backup",
     {"TargetTableName": "t", "BackupArn": f"arn:aws:{TABLE}t/backup/0000000000000000000000"},
     {"dynamodb:RestoreTableFromBackup": [TABLE + "t", TABLE + "t/backup/0000000000000000000000"]}),
    ("dynamodb", "tag_resource", {"ResourceArn": f"arn:aws:{TABLE}t", "Tags": TAGS},
     {"dynamodb:TagResource": TABLE + "t"}),
    ("dynamodbstreams", "list_streams", {"TableName": "t"}, {"dynamodb:ListStreams": "*"}),
    ("dynamodbstreams", "describe_stream", {"StreamArn": STREAM},
     {"dynamodb:DescribeStream": STREAM.removeprefix("arn:aws:")}),
    ("dynamodbstreams", "get_records", {"ShardIterator": f"{STREAM}|1|AAAA"},
     {"dynamodb:GetRecords": STREAM.removeprefix("arn:aws:")}),
    ("s3", "list_buckets", {}, {"s3:ListAllMyBuckets": "*"}),
    ("s3", "create_bucket", {"Bucket": "b"}, {"s3:CreateBucket": "s3:::b"}),
    ("s3", "head_bucket", {"Bucket": "b"}, {"s3:ListBucket": "s3:::b"}),
    ("s3", "list_objects_v2", {"Bucket": "b", "Prefix": "p/"}, {"s3:ListBucket": "s3:::b"}),
    ("s3", "list_object_versions", {"Bucket": "b"}, {"s3:ListBucketVersions": "s3:::b"}),
    ("s3", "list_multipart_uploads", {"Bucket": "b"}, {"s3:ListBucketMultipartUploads": "s3:::b"}),
    ("s3", "get_object", {"Bucket": "b", "Key": "a/ü b"}, {"s3:GetObject": "s3:::b/a/ü b"}),
    ("s3", "get_object", {"Bucket": "b", "Key": "k", "VersionId": "1"}, {"s3:GetObjectVersion": "s3:::b/k"}),
    ("s3", "head_object", {"Bucket": "b", "Key": "k"}, {"s3:GetObject": "s3:::b/k"}),
    ("s3", "get_object_attributes", {"Bucket": "b", "Key": "k", "ObjectAttributes": ["ETag"]},
     {"s3:GetObjectAttributes": "s3:::b/k", "s3:GetObject": "s3:::b/k"}),
    ("s3", "get_object_tagging", {"Bucket": "b", "Key": "k", "VersionId": "1"},
     {"s3:GetObjectVersionTagging": "s3:::b/k"}),
    ("s3", "put_object", {"Bucket": "b", "Key": "k"}, {"s3:PutObject": "s3:::b/k"}),
    ("s3", "put_object", {"Bucket": "b", "Key": "k", "ACL": "private", "Tagging": "a=b"},
     {"s3:PutObject": "s3:::b/k", "s3:PutObjectAcl": "s3:::b/k", "s3:PutObjectTagging": "s3:::b/k"}),
    ("s3", "create_multipart_upload", {"Bucket": "b", "Key": "k"}, {"s3:PutObject": "s3:::b/k"}),
    ("s3", "upload_part", {"Bucket": "b", "Key": "k", "PartNumber": 1, "UploadId": "u"},
     {"s3:PutObject": "s3:::b/k"}),
    ("s3", "list_parts", {"Bucket": "b", "Key": "k", "UploadId": "u"},
     {"s3:ListMultipartUploadParts": "s3:::b/k"}),
    ("s3", "abort_multipart_upload", {"Bucket": "b", "Key": "k", "UploadId": "u"},
     {"s3:AbortMultipartUpload": "s3:::b/k"}),
    ("s3", "copy_object", {"Bucket": "b", "Key": "k", "CopySource": {"Bucket": "c", "Key": "d/ü"}},
     {"s3:PutObject": "s3:::b/k", "s3:GetObject": "s3:::c/d/ü"}),
    ("s3", "copy_object",
     {"Bucket": "b", "Key": "k", "CopySource": {"Bucket": "c", "Key": "d", "VersionId": "1"}},
     {"s3:PutObject": "s3:::b/k", "s3:GetObjectVersion": "s3:::c/d"}),
    ("s3", "delete_object", {"Bucket": "b", "Key": "k", "VersionId": "1"},
     {"s3:DeleteObjectVersion": "s3:::b/k"}),
    ("s3", "delete_objects", {"Bucket": "b", "Delete": {"Objects": [{"Key": "1&<"}, {"Key": "2",
    "VersionId": "v"}]}},
     {"s3:DeleteObject": "s3:::b/1&<", "s3:DeleteObjectVersion": "s3:::b/2"}),
    ("s3", "get_bucket_encryption", {"Bucket": "b"}, {"s3:GetEncryptionConfiguration": "s3:::b"}),
    ("s3", "get_bucket_lifecycle_configuration", {"Bucket": "b"}, {"s3:GetLifecycleConfiguration": "s3:::b"}),
    ("s3", "delete_bucket_lifecycle", {"Bucket": "b"}, {"s3:PutLifecycleConfiguration": "s3:::b"}),
    ("s3", "list_bucket_metrics_configurations", {"Bucket": "b"}, {"s3:GetMetricsConfiguration": "s3:::b"}),
    ("s3", "get_bucket_cors", {"Bucket": "b"}, {"s3:GetBucketCORS": "s3:::b"}),
    ("s3", "delete_public_access_block", {"Bucket": "b"}, {"s3:PutBucketPublicAccessBlock": "s3:::b"}),
    ("sqs", "list_queues", {}, {"sqs:ListQueues": "*"}),
    ("sqs", "create_queue", {"QueueName": "q", "tags": {"a": "b"}},
     {"sqs:CreateQueue": QUEUE + "q", "sqs:TagQueue": QUEUE + "q"}),
    ("sqs", "get_queue_url", {"QueueName": "q"}, {"sqs:GetQueueUrl": QUEUE + "q"}),
    ("sqs", "send_message", {"QueueUrl": URL + "q", "MessageBody": "m"}, {"sqs:SendMessage": QUEUE + "q"}),
    ("sqs", "send_message_batch", {"QueueUrl": URL + "q", "Entries": [{"Id": "1", "MessageBody": "m"}]},
     {"sqs:SendMessage": QUEUE + "q"}),
    ("sqs", "delete_message_batch", {"QueueUrl": URL + "q", "Entries": [{"Id": "1", "ReceiptHandle": "r"}]},
     {"sqs:DeleteMessage": QUEUE + "q"}),
    ("sqs", "tag_queue", {"QueueUrl": URL + "q", "Tags": {"a": "b"}}, {"sqs:TagQueue": QUEUE + "q"}),
    ("sns", "list_topics", {}, {"sns:ListTopics": "*"}),
    ("sns", "create_topic", {"Name": "t"}, {"sns:CreateTopic": f"sns:{PLACE}:t"}),
    ("sns", "publish", {"TopicArn": TOPIC, "Message": "m"}, {"sns:Publish": f"sns:{PLACE}:t"}),
    ("sns", "publish", {"TargetArn": TOPIC, "Message": "m"}, {"sns:Publish": f"sns:{PLACE}:t"}),
    ("sns", "publish", {"PhoneNumber": "+1", "Message": "m"}, {"sns:Publish": "*"}),
    ("sns", "publish_batch", {"TopicArn": TOPIC, "PublishBatchRequestEntries": [{"Id": "1", "Message": "m"}]},
     {"sns:Publish": f"sns:{PLACE}:t"}),
    ("sns", "unsubscribe", {"SubscriptionArn": TOPIC + ":1"}, {"sns:Unsubscribe": "*"}),
    ("sns", "create_platform_application", {"Name": "t", "Platform": "p", "Attributes": {}},
     {"sns:CreatePlatformApplication": "*"}),
    ("secretsmanager", "list_secrets", {}, {"secretsmanager:ListSecrets": "*"}),
    ("secretsmanager", "create_secret", {"Name": "s", "SecretString": "x"},
     {"secretsmanager:CreateSecret": SECRET + "s-??????"}),
    ("secretsmanager", "get_secret_value", {"SecretId": "none"},
    {"secretsmanager:GetSecretValue": SECRET + "none"}),
    ("secretsmanager", "batch_get_secret_value", {"SecretIdList": ["none"]},
     {"secretsmanager:BatchGetSecretValue": "*", "secretsmanager:GetSecretValue": SECRET + "none"}),
    ("ssm", "describe_parameters", {}, {"ssm:DescribeParameters": "*"}),
    ("ssm", "get_parameter", {"Name": "/a/b:3"}, {"ssm:GetParameter": PARAMETER + "a/b"}),
    ("ssm", "get_parameter", {"Name": f"arn:aws:{PARAMETER}a/b"}, {"ssm:GetParameter": PARAMETER + "a/b"}),
    ("ssm", "get_parameters", {"Names": ["/a", "b"]}, {"ssm:GetParameters": [PARAMETER + "a",
    PARAMETER + "b"]}),
    ("ssm", "get_parameters_by_path", {"Path": "/a/b"}, {"ssm:GetParametersByPath": PARAMETER + "a/b"}),
    ("ssm", "put_parameter", {"Name": "a", "Value": "v", "Tags": TAGS},
     {"ssm:PutParameter": PARAMETER + "a", "ssm:AddTagsToResource": PARAMETER + "a"}),
    ("ssm", "list_tags_for_resource", {"ResourceType": "Parameter", "ResourceId": "/a"},
     {"ssm:ListTagsForResource": PARAMETER + "a"}),
    ("ssm", "describe_instance_information", {}, {"ssm:DescribeInstanceInformation": "*"}),
    ("kms", "create_key", {}, {"kms:CreateKey": "*"}),
    ("kms", "encrypt", {"KeyId": "k", "Plaintext": b"x"}, {"kms:Encrypt": KEY + "k"}),
    ("kms", "describe_key", {"KeyId": f"arn:aws:{KEY}k"}, {"kms:DescribeKey": KEY + "k"}),
    ("kms", "create_alias", {"AliasName": "alias/a", "TargetKeyId": "k"},
     {"kms:CreateAlias": [KEY + "k", f"kms:{PLACE}:alias/a"]}),
    ("events", "list_rules", {}, {"events:ListRules": "*"}),
    ("events", "put_rule", {"Name": "r", "ScheduleExpression": "rate(1 day)"},
    {"events:PutRule": RULE + "r"}),
    ("events", "put_targets", {"Rule": "r", "EventBusName": "b", "Targets": [{"Id": "1", "Arn": TOPIC}]},
     {"events:PutTargets": RULE + "b/r"}),
    ("events", "put_events", {"Entries": [{"EventBusName": f"arn:aws:{BUS}b"}, {"Source": "s"}]},
     {"events:PutEvents": [BUS + "b", BUS + "default"]}),
    ("events", "create_event_bus", {"Name": "b"}, {"events:CreateEventBus": BUS + "b"}),
    ("logs", "start_query", {"logGroupNames": ["/a", "/b"], "startTime": 0, "endTime": 1, "queryString": "x"},
     {"logs:StartQuery": [f"logs:{PLACE}:log-group:{name}:log-stream:" for name in ("/a", "/b")]}),
]  # fmt: skip


class Sent(Exception):
    """The request has been made, and is not sent."""


def request_of(service: str, operation: str, parameters: dict[str, Any]) -> ApiCall:
    """The call that boto3 makes."""
    found: list[Any] = []

    def stop(request: Any, **_: Any) -> None:
        found.append(request)
        raise Sent

    client = boto3.client(
        service,
        region_name="ap-northeast-1",
        endpoint_url="http://127.0.0.1:1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(parameter_validation=False),
    )
    client.meta.events.register("before-send", stop)
    with pytest.raises(Sent):
        getattr(client, operation)(**parameters)
    request, url = found[0], urlsplit(found[0].url)
    body = request.body.read() if hasattr(request.body, "read") else request.body or b""
    headers = [
        (name.lower(), v.decode() if isinstance(v, bytes) else v) for name, v in request.headers.items()
    ]
    target = f"{url.path}?{url.query}" if url.query else url.path
    return canonical(
        ApiCall(request.method, target, headers, body.encode() if isinstance(body, str) else body)
    )


def needed(service: str, operation: str, parameters: dict[str, Any]) -> set[tuple[str, str]]:
    call = request_of(service, operation, parameters)
    found = operation_of(call)
    assert found is not None
    return {(each.action, each.resource) for each in permissions(call, found)}


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    CALLS,
    ids=[f"{service}-{operation}-{number}" for number, (service, operation, _, _) in enumerate(CALLS)],
)
def test_what_a_call_needs(
    service: str, operation: str, parameters: dict[str, Any], expected: Needed
) -> None:
    assert needed(service, operation, parameters) == {
        (action, each if each == "*" else f"arn:aws:{each}")
        for action, resources in expected.items()
        for each in ([resources] if isinstance(resources, str) else resources)
    }


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{PLACE}:{resource}"


def on_dynamodb(root: Account, name: str) -> list[dict[str, Any]]:
    client = root.client("dynamodb")
    for table in (name, f"{name}-other"):
        client.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    return [
        allow(
            "dynamodb:PutItem",
            "dynamodb:BatchGetItem",
            "dynamodb:DescribeTable",
            on=arn("dynamodb", f"table/{name}"),
        )
    ]


def use_dynamodb(client: Any, name: str, other: str) -> list[Callable[[], Any]]:
    client.put_item(TableName=name, Item=ITEM)
    client.transact_write_items(TransactItems=[{"Put": {"TableName": name, "Item": ITEM}}])
    both = {table: {"Keys": [ITEM]} for table in (name, other)}
    return [
        lambda: client.put_item(TableName=other, Item=ITEM),
        lambda: client.batch_get_item(RequestItems=both),
        lambda: client.delete_item(TableName=name, Key=ITEM),
        client.list_tables,
    ]


def on_s3(root: Account, name: str) -> list[dict[str, Any]]:
    client = root.client("s3")
    for bucket in (name, f"{name}-other"):
        client.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"}
        )
    home = {"StringLike": {"s3:prefix": "home/*"}}
    return [
        allow("s3:GetObject", "s3:PutObject", on=f"arn:aws:s3:::{name}/home/*"),
        allow("s3:ListBucket", on=f"arn:aws:s3:::{name}", Condition=home),
    ]


def use_s3(client: Any, name: str, other: str) -> list[Callable[[], Any]]:
    client.put_object(Bucket=name, Key="home/a", Body=b"x")
    client.head_object(Bucket=name, Key="home/a")
    client.copy_object(Bucket=name, Key="home/b", CopySource={"Bucket": name, "Key": "home/a"})
    assert client.list_objects_v2(Bucket=name, Prefix="home/")["KeyCount"] == 2
    return [
        lambda: client.put_object(Bucket=name, Key="away"),
        lambda: client.list_objects_v2(Bucket=name),
        lambda: client.get_object(Bucket=other, Key="home/a"),
        lambda: client.copy_object(Bucket=name, Key="home/b", CopySource={"Bucket": other, "Key": "home/a"}),
        lambda: client.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "home/a"}]}),
        client.list_buckets,
    ]


def on_sqs(root: Account, name: str) -> list[dict[str, Any]]:
    for queue in (name, f"{name}-other"):
        root.client("sqs").create_queue(QueueName=queue)
    return [allow("sqs:SendMessage", "sqs:ReceiveMessage", "sqs:GetQueueUrl", on=arn("sqs", name))]


def use_sqs(client: Any, name: str, other: str) -> list[Callable[[], Any]]:
    url = client.get_queue_url(QueueName=name)["QueueUrl"]
    client.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "m"}])
    assert client.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "m"
    return [
        lambda: client.send_message(QueueUrl=url.replace(name, other), MessageBody="m"),
        lambda: client.purge_queue(QueueUrl=url),
    ]


def on_sns(root: Account, name: str) -> list[dict[str, Any]]:
    for topic in (name, f"{name}-other"):
        root.client("sns").create_topic(Name=topic)
    return [allow("sns:Publish", on=arn("sns", name))]


def use_sns(client: Any, name: str, other: str) -> list[Callable[[], Any]]:
    client.publish(TopicArn=arn("sns", name), Message="m")
    return [
        lambda: client.publish(TopicArn=arn("sns", other), Message="m"),
        lambda: client.publish(PhoneNumber="+100", Message="m"),
    ]


def on_secrets(root: Account, name: str) -> list[dict[str, Any]]:
    for secret in (name, f"{name}-other"):
        root.client("secretsmanager").create_secret(Name=secret, SecretString="x")
    return [allow("secretsmanager:GetSecretValue", on=arn("secretsmanager", f"secret:{name}-??????"))]


def use_secrets(client: Any, name: str, other: str) -> list[Callable[[], Any]]:
    full = client.get_secret_value(SecretId=name)["ARN"]
    assert client.get_secret_value(SecretId=full)["SecretString"] == "x"
    return [
        lambda: client.get_secret_value(SecretId=other),
        lambda: client.put_secret_value(SecretId=name, SecretString="y"),
    ]


def on_ssm(root: Account, name: str) -> list[dict[str, Any]]:
    for parameter in (f"/{name}/a", f"/{name}-other/a"):
        root.client("ssm").put_parameter(Name=parameter, Value="v", Type="String")
    return [
        allow("ssm:GetParameter*", on=[arn("ssm", f"parameter/{name}"), arn("ssm", f"parameter/{name}/*")])
    ]


def use_ssm(client: Any, name: str, other: str) -> list[Callable[[], Any]]:
    assert client.get_parameter(Name=f"/{name}/a")["Parameter"]["Value"] == "v"
    assert len(client.get_parameters_by_path(Path=f"/{name}")["Parameters"]) == 1
    return [
        lambda: client.get_parameters(Names=[f"/{name}/a", f"/{other}/a"]),
        lambda: client.put_parameter(Name=f"/{name}/a", Value="w", Overwrite=True),
    ]


def on_kms(root: Account, name: str) -> list[dict[str, Any]]:
    client = root.client("kms")
    ids = [client.create_key()["KeyMetadata"]["KeyId"] for _ in range(2)]
    for key, alias in zip(ids, (name, f"{name}-other"), strict=True):
        client.create_alias(AliasName=f"alias/{alias}", TargetKeyId=key)
    return [allow("kms:Encrypt", "kms:Decrypt", on=arn("kms", f"key/{ids[0]}"))]


def use_kms(client: Any, name: str, other: str) -> list[Callable[[], Any]]:
    secret = client.encrypt(KeyId=f"alias/{name}", Plaintext=b"x")["CiphertextBlob"]
    assert client.decrypt(CiphertextBlob=secret)["Plaintext"] == b"x"
    return [
        lambda: client.encrypt(KeyId=f"alias/{other}", Plaintext=b"x"),
        lambda: client.describe_key(KeyId=f"alias/{name}"),
    ]


@pytest.mark.parametrize(
    ("service", "prepare", "use"),
    [
        ("dynamodb", on_dynamodb, use_dynamodb),
        ("s3", on_s3, use_s3),
        ("sqs", on_sqs, use_sqs),
        ("sns", on_sns, use_sns),
        ("secretsmanager", on_secrets, use_secrets),
        ("ssm", on_ssm, use_ssm),
        ("kms", on_kms, use_kms),
    ],
    ids=["dynamodb", "s3", "sqs", "sns", "secretsmanager", "ssm", "kms"],
)
def test_a_role_with_the_least_permissions_works_and_does_no_more(
    strict: Account, service: str, prepare: Any, use: Any
) -> None:
    """Each has what it needs for one table, bucket, queue, …, and nothing on its neighbour."""
    name = f"mine-{uuid.uuid4().hex[:8]}"
    statements = prepare(strict, name)
    for denied in use(strict.client(service, **as_role(strict, statements)), name, f"{name}-other"):
        assert refused(denied)[1] in ("AccessDenied", "AccessDeniedException")


def as_role(root: Account, statements: list[dict[str, Any]]) -> dict[str, str]:
    """The credentials of a session of a role that has these statements."""
    role = root.role()
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    root.client("iam").put_role_policy(
        RoleName=role.rpartition("/")[2], PolicyName="least", PolicyDocument=document
    )
    given = root.client("sts").assume_role(RoleArn=role, RoleSessionName="least")["Credentials"]
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }
