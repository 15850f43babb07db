"""Policies of buckets, as AWS's own SDK and browsers' forms meet them."""

import json

import pytest
from botocore.exceptions import ClientError

from recorded import refused
from support import OTHER_CREDENTIALS, client, running_server
from test_forms import form
from test_recorded_forms import post
from test_requests import send

SSE = "s3:x-amz-server-side-encryption"


def deny(bucket, condition, action="s3:PutObject"):
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"] if action == "s3:*" else f"arn:aws:s3:::{bucket}/*",
        "Condition": condition,
    }


def put_policy(s3, bucket, *statements):
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))


def code(answer):
    return answer.response["Error"]["Code"]


def test_every_way_of_writing_is_denied_without_encryption(amazon, place, recorded_endpoint):
    bucket = place["Bucket"]
    put_policy(amazon, bucket, deny(bucket, {"Null": {SSE: "true"}}))
    message = refused(amazon.put_object, **place, Body=b"content").response["Error"]["Message"]
    assert message == (
        "User: arn:aws:iam::111122223333:user/demo is not authorized to perform: s3:PutObject on resource: "
        f'"arn:aws:s3:::{bucket}/test-key" with an explicit deny in a resource-based policy'
    )
    assert code(refused(amazon.create_multipart_upload, **place)) == "AccessDenied"
    url = amazon.generate_presigned_url("put_object", Params=place)
    assert send("PUT", url, b"content", **{"Content-Type": ""})[0] == 403
    assert post(form(place, recorded_endpoint, {}), "content")[0] == 403
    assert amazon.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    assert post(form(place, recorded_endpoint, {"x-amz-server-side-encryption": "AES256"}), "content")[0] == 204
    amazon.put_object(**place, Body=b"content", ServerSideEncryption="AES256")
    copy = {"Bucket": bucket, "Key": "copy", "CopySource": f"{bucket}/test-key"}
    assert code(refused(amazon.copy_object, **copy)) == "AccessDenied"
    amazon.copy_object(**copy, ServerSideEncryption="aws:kms")


def test_one_user_is_denied_and_another_is_not(amazon, place, recorded_endpoint):
    other = client(
        "s3", recorded_endpoint, region="us-east-1", credentials=OTHER_CREDENTIALS, s3={"addressing_style": "path"}
    )
    amazon.put_object(**place, Body=b"content")
    arn = "arn:aws:iam::111122223333:user/other"
    put_policy(amazon, place["Bucket"], deny(place["Bucket"], {"ArnEquals": {"aws:PrincipalArn": arn}}, "s3:GetObject"))
    assert code(refused(other.get_object, **place)) == "AccessDenied"
    assert amazon.get_object(**place)["Body"].read() == b"content"


def test_plain_http_is_denied_where_it_is_told_apart():
    with running_server("--strict-tls", region="us-east-1") as address:
        s3 = client("s3", address, region="us-east-1", s3={"addressing_style": "path"})
        s3.create_bucket(Bucket="tls-only")
        put_policy(s3, "tls-only", deny("tls-only", {"Bool": {"aws:SecureTransport": "false"}}, "s3:*"))
        for call in (s3.list_objects_v2, s3.get_bucket_policy, s3.delete_bucket):
            assert code(refused(call, Bucket="tls-only")) == "AccessDenied"


def test_the_public_reads_and_writes_where_it_may(s3, endpoint, bucket):
    s3.put_object(Bucket=bucket, Key="public/k", Body=b"content")
    url = f"{endpoint}/{bucket}/public/k"
    assert send("GET", url)[0] == 403
    allow = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": f"arn:aws:s3:::{bucket}/public/*",
    }
    with pytest.raises(ClientError, match="BlockPublicPolicy"):
        put_policy(s3, bucket, allow)
    s3.delete_public_access_block(Bucket=bucket)
    put_policy(s3, bucket, allow)
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"]
    assert send("GET", url) == (200, b"content")
    assert send("PUT", f"{endpoint}/{bucket}/public/new", b"anybody's")[0] == 200
    assert send("PUT", f"{endpoint}/{bucket}/private/new", b"anybody's")[0] == 403
    assert s3.get_object(Bucket=bucket, Key="public/new")["Body"].read() == b"anybody's"
