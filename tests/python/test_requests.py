"""Presigned URLs, listings, conditions, CORS and KMS, as AWS's own SDK uses them."""

import base64
import hashlib
import http.client
import secrets
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

CUSTOMER = "x-amz-server-side-encryption-customer"


def send(method, url, body=None, **headers):
    """The status and the body of an answer."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def customer_headers(customer_key):
    key = customer_key["SSECustomerKey"]
    encode = lambda value: base64.b64encode(value).decode()
    return {
        f"{CUSTOMER}-algorithm": "AES256",
        f"{CUSTOMER}-key": encode(key),
        f"{CUSTOMER}-key-md5": encode(hashlib.md5(key).digest()),
    }


def test_presigned_urls_put_and_get(s3, bucket):
    put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "a b+c"})
    assert send("PUT", put, b"content", **{"Content-Type": ""})[0] == 200
    get = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b+c"})
    assert send("GET", get) == (200, b"content")
    status, answer = send("GET", get[:-1] + ("0" if get[-1] != "0" else "1"))
    assert status == 403 and b"SignatureDoesNotMatch" in answer


@pytest.mark.parametrize("signer_knows_the_key", [False, True])
def test_presigned_urls_with_a_customer_key(s3, bucket, customer_key, signer_knows_the_key):
    headers = customer_headers(customer_key)
    encryption = customer_key if signer_knows_the_key else {"SSECustomerAlgorithm": "AES256"}
    url = lambda operation: s3.generate_presigned_url(operation, Params={"Bucket": bucket, "Key": "k", **encryption})
    assert headers[f"{CUSTOMER}-key"] not in urllib.request.unquote(url("put_object"))
    assert send("PUT", url("put_object"), b"content", **headers, **{"Content-Type": ""})[0] == 200
    assert send("GET", url("get_object"), **headers) == (200, b"content")
    if not signer_knows_the_key:
        wrong = customer_headers({"SSECustomerKey": secrets.token_bytes(32)})
        assert send("GET", url("get_object"), **wrong)[0] == 403


def test_headers_that_nobody_signed_are_refused(s3, bucket):
    put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"})
    status, answer = send("PUT", put, b"", **{"x-amz-meta-a": "b", "Content-Type": ""})
    assert status == 403 and b"AccessDenied" in answer


def test_anonymous_requests_are_refused(s3, endpoint, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"content")
    assert send("GET", f"{endpoint}/{bucket}/k")[0] == 403


def test_a_refusal_that_leaves_the_body_unread_ends_the_connection(endpoint, bucket):
    connection = http.client.HTTPConnection(endpoint.removeprefix("http://"))
    path, waiting = f"/{bucket}/k", {"Expect": "100-continue", "Content-Length": "5"}
    connection.request("GET", path)
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Connection"]) == (403, None)
    answer.read()
    # The connection serves another request, whose body the server never asks for.
    connection.request("PUT", path, headers=waiting)
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Connection"]) == (403, "close")
    connection.close()


def test_listings_have_pages_prefixes_and_delimiters(s3, bucket):
    keys = ["a", "b/1", "b/2", "c d", "e&<f>", "ü"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2})
    assert [entry["Key"] for page in pages for entry in page["Contents"]] == keys
    rolled = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert [entry["Prefix"] for entry in rolled["CommonPrefixes"]] == ["b/"]
    assert [entry["Key"] for entry in rolled["Contents"]] == ["a", "c d", "e&<f>", "ü"]
    within = s3.list_objects(Bucket=bucket, Prefix="b/")
    assert [entry["Key"] for entry in within["Contents"]] == ["b/1", "b/2"]


def test_conditions_are_held_to(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["ETag"]
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.get_object(Bucket=bucket, Key="k", IfMatch='"other"')
    with pytest.raises(ClientError, match="304"):
        s3.get_object(Bucket=bucket, Key="k", IfNoneMatch=etag)
    assert s3.get_object(Bucket=bucket, Key="k", IfMatch=etag)["Body"].read() == b"1"


def test_deleting_is_idempotent_and_buckets_must_be_empty(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        s3.delete_bucket(Bucket=bucket)
    assert s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}, {"Key": "none"}]})["Deleted"]
    s3.delete_object(Bucket=bucket, Key="k")
    s3.delete_bucket(Bucket=bucket)
    with pytest.raises(ClientError, match="NoSuchBucket"):
        s3.list_objects_v2(Bucket=bucket)


def test_preflights_follow_the_buckets_cors_rules(s3, endpoint, bucket):
    ask = {"Origin": "https://app.example", "Access-Control-Request-Method": "PUT"}
    assert send("OPTIONS", f"{endpoint}/{bucket}/k", **ask)[0] == 403
    rule = {
        "AllowedOrigins": ["https://*.example"],
        "AllowedMethods": ["PUT", "GET"],
        "AllowedHeaders": ["x-amz-*"],
        "ExposeHeaders": ["ETag"],
    }
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    ask["Access-Control-Request-Headers"] = f"{CUSTOMER}-key"
    request = urllib.request.Request(f"{endpoint}/{bucket}/k", method="OPTIONS", headers=ask)
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"
        assert answer.headers["Access-Control-Expose-Headers"] == "ETag"
    assert send("OPTIONS", f"{endpoint}/{bucket}/k", **{**ask, "Origin": "https://example.org"})[0] == 403


def test_kms_wraps_and_unwraps(kms):
    made = kms.generate_data_key(KeyId="alias/one", KeySpec="AES_256", EncryptionContext={"a": "b"})
    opened = kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"a": "b"})
    assert opened["Plaintext"] == made["Plaintext"] and opened["KeyId"] == made["KeyId"]
    with pytest.raises(kms.exceptions.InvalidCiphertextException):
        kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"a": "c"})
    with pytest.raises(kms.exceptions.NotFoundException):
        kms.describe_key(KeyId="fake-key-id")
