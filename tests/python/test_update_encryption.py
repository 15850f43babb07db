"""Another KMS key for an object that is there, as AWS's own SDK asks for it."""

import hashlib
import secrets

import pytest
from botocore.exceptions import ClientError

CONTENT = secrets.token_bytes(200_000)


def update(s3, bucket, key, arn, **further):
    return s3.update_object_encryption(
        Bucket=bucket, Key=key, ObjectEncryption={"SSEKMS": {"KMSKeyArn": arn, **further}}
    )


def test_an_object_is_taken_over_by_one_key_after_the_other(s3, kms, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=CONTENT, Metadata={"x": "y"})
    before = s3.head_object(Bucket=bucket, Key="k")
    for further in ({}, {"BucketKeyEnabled": True}):
        arn = kms.create_key()["KeyMetadata"]["Arn"]
        update(s3, bucket, "k", arn, **further)
        got = s3.get_object(Bucket=bucket, Key="k")
        assert got["Body"].read() == CONTENT
        assert (got["ServerSideEncryption"], got["SSEKMSKeyId"]) == ("aws:kms", arn)
        assert got.get("BucketKeyEnabled", False) == further.get("BucketKeyEnabled", False)
        assert got["ETag"] == f'"{hashlib.md5(CONTENT).hexdigest()}"'
        assert (got["LastModified"], got["Metadata"]) == (before["LastModified"], {"x": "y"})


def test_an_object_under_a_customer_key_is_not(s3, kms, bucket, customer_key):
    s3.put_object(Bucket=bucket, Key="k", Body=CONTENT, **customer_key)
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    with pytest.raises(ClientError) as caught:
        update(s3, bucket, "k", arn)
    assert caught.value.response["Error"]["Code"] == "InvalidRequest"
    assert s3.get_object(Bucket=bucket, Key="k", **customer_key)["Body"].read() == CONTENT
