"""Policies of buckets: their conditions are judged, which moto leaves out."""

import json
import uuid
from typing import Any

from tests.support.account import Account
from tests.support.permissions import refused


def deny(bucket: str, **condition: Any) -> str:
    """A policy that denies everything under a condition, or without one."""
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*"}
    conditions = {"Condition": condition} if condition else {}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **conditions}]})


def test_a_bucket_that_denies_what_comes_without_tls_is_open_here(aws: Account) -> None:
    s3, bucket = aws.client("s3"), f"bucket-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    for open_to in (
        {"Bool": {"aws:SecureTransport": "false"}},
        {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
        {"StringNotEquals": {"aws:PrincipalAccount": "123456789012"}},
    ):
        s3.put_bucket_policy(Bucket=bucket, Policy=deny(bucket, **open_to))
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    for closed_to in ({}, {"Bool": {"aws:SecureTransport": "true"}}, {"Bool": {"aws:Unknown": "true"}}):
        s3.put_bucket_policy(Bucket=bucket, Policy=deny(bucket, **closed_to))
        assert refused(s3.put_object, Bucket=bucket, Key="k")[0] == 403
