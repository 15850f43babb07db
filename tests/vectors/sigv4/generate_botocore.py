"""Writes botocore.json: presigned URLs as botocore makes them, for tests/presign_botocore.rs.

Usage: python3 -m venv VENV && VENV/bin/pip install botocore==1.44.5 && VENV/bin/python generate_botocore.py > botocore.json

Nothing is sent and no credentials of yours are read: keys, time and endpoints are fixed below.
"""

import datetime
import json

import botocore
import botocore.auth
import botocore.session
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
TOKEN = "FwoGZXIvYXdzEBYaD//+/==TOKEN+with/reserved=characters"
UPLOAD_ID = "VXBsb2FkIElE.with_odd-characters~and+a/slash=="
CUSTOMER_KEY = bytes(range(32))
CUSTOMER = "x-amz-server-side-encryption-customer-"
KMS_KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

# What a case is unless it says otherwise.
DEFAULT = {
    "token": None,
    "region": "us-east-1",
    "endpoint": None,
    "addressing": "virtual",
    "amz_date": "20240229T235959Z",
    "expires": 3600,
    "operation": "GetObject",
    "bucket": "examplebucket",
    "key": "photos/2024/sample.jpg",
    "upload_id": None,
    "part_number": None,
    "query": [],
    "headers": [],
    "customer_key": None,
}

METHODS = {"GetObject": "get_object", "PutObject": "put_object", "HeadObject": "head_object",
           "DeleteObject": "delete_object", "CreateMultipartUpload": "create_multipart_upload",
           "UploadPart": "upload_part", "CompleteMultipartUpload": "complete_multipart_upload",
           "AbortMultipartUpload": "abort_multipart_upload", "ListParts": "list_parts"}


def case(name, parameters=None, **fields):
    """A case; `parameters` are botocore's own, beside those that follow from the fields."""
    return {**DEFAULT, **fields, "name": name, "parameters": parameters or {}}


def cases():
    for operation in METHODS:
        fields = {"operation": operation}
        if operation in ("UploadPart", "CompleteMultipartUpload", "AbortMultipartUpload", "ListParts"):
            fields["upload_id"] = UPLOAD_ID
        if operation == "UploadPart":
            fields["part_number"] = 10000
        yield case(operation, **fields)
        yield case(f"{operation}, token, own endpoint with port", token=TOKEN, addressing="path",
                   endpoint="http://127.0.0.1:9000", **fields)
    for key in ["with space", "a+b", "tilde~", "a//b", "a/../b/./c", "..", "/leading", "trailing/", "ünïcödé/日本語/🔑",
                "percent%20and%2F", "!'()*", "&=?#:;,@$[]{}|\\^`\"<>", "line\nend", "k"]:
        yield case(f"key {key!r}", key=key)
        yield case(f"key {key!r}, path style", key=key, operation="PutObject", addressing="path",
                   endpoint="https://s3.example")
    for region in ["eu-central-1", "ap-southeast-2", "cn-north-1", "us-gov-west-1"]:
        yield case(f"region {region}", region=region)
    yield case("bucket with a dot", bucket="my.bucket", region="eu-west-1")
    for expires in [1, 604800]:
        yield case(f"expires {expires}", expires=expires)
    for amz_date in ["19700101T000000Z", "20000229T000000Z", "20991231T235959Z"]:
        yield case(f"date {amz_date}", amz_date=amz_date)
    for endpoint in ["https://storage.example:443", "http://storage.example:80", "http://storage.example:8333"]:
        yield case(f"endpoint {endpoint}", endpoint=endpoint, addressing="path")
    yield case("endpoint, bucket in the host", endpoint="https://storage.example:9443", addressing="virtual")
    yield case("version and response headers",
               {"VersionId": "null", "ResponseContentDisposition": 'attachment; filename="a b.txt"',
                "ResponseContentType": "text/plain; charset=utf-8"},
               query=[["versionId", "null"], ["response-content-disposition", 'attachment; filename="a b.txt"'],
                      ["response-content-type", "text/plain; charset=utf-8"]])
    yield from encryption_cases()


def encryption_cases():
    algorithm = {"SSECustomerAlgorithm": "AES256"}
    for operation in ["GetObject", "HeadObject", "PutObject", "CreateMultipartUpload"]:
        yield case(f"{operation}, SSE-C, algorithm alone", algorithm, operation=operation, customer_key="algorithm-only")
        yield case(f"{operation}, SSE-C, all three", {**algorithm, "SSECustomerKey": CUSTOMER_KEY}, operation=operation,
                   customer_key=CUSTOMER_KEY.hex(), token=TOKEN)
    yield case("UploadPart, SSE-C, algorithm alone", algorithm, operation="UploadPart", upload_id=UPLOAD_ID,
               part_number=1, customer_key="algorithm-only")
    yield case("CompleteMultipartUpload, SSE-C, algorithm alone", algorithm, operation="CompleteMultipartUpload",
               upload_id=UPLOAD_ID, customer_key="algorithm-only")
    yield case("ListParts, SSE-C, algorithm alone", algorithm, operation="ListParts", upload_id=UPLOAD_ID,
               customer_key="algorithm-only")
    sse = "x-amz-server-side-encryption"
    yield case("PutObject, SSE-S3", {"ServerSideEncryption": "AES256"}, operation="PutObject", headers=[[sse, "AES256"]])
    yield case("PutObject, SSE-KMS",
               {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KMS_KEY, "BucketKeyEnabled": True,
                "SSEKMSEncryptionContext": "eyJhIjoiYiJ9"},
               operation="PutObject",
               headers=[[sse, "aws:kms"], [f"{sse}-aws-kms-key-id", KMS_KEY], [f"{sse}-context", "eyJhIjoiYiJ9"],
                        [f"{sse}-bucket-key-enabled", "true"]])
    yield case("CreateMultipartUpload, DSSE-KMS, metadata",
               {"ServerSideEncryption": "aws:kms:dsse", "Metadata": {"x-amz-key-v2": "AAAA+/=="},
                "ContentType": "application/octet-stream"},
               operation="CreateMultipartUpload",
               headers=[[sse, "aws:kms:dsse"], ["x-amz-meta-x-amz-key-v2", "AAAA+/=="],
                        ["content-type", "application/octet-stream"]])
    yield case("PutObject, header values with runs of spaces", operation="PutObject", raw=True,
               headers=[["x-amz-meta-note", 'two  spaces,   "and  three"'], ["content-type", "text/plain"],
                        ["x-amz-meta-empty", ""]])


def presign(case):
    now = datetime.datetime.strptime(case["amz_date"], "%Y%m%dT%H%M%SZ")
    botocore.auth.get_current_datetime = lambda *arguments, **options: now
    if case.get("raw"):
        return presign_raw(case)
    config = Config(signature_version="s3v4", s3={"addressing_style": case["addressing"], "us_east_1_regional_endpoint": "regional"},
                    request_checksum_calculation="when_required", response_checksum_validation="when_required")
    session = botocore.session.Session()
    client = session.create_client("s3", region_name=case["region"], endpoint_url=case["endpoint"], config=config,
                                   aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY,
                                   aws_session_token=case["token"])
    parameters = {"Bucket": case["bucket"], "Key": case["key"], **case["parameters"]}
    if case["upload_id"]:
        parameters["UploadId"] = case["upload_id"]
    if case["part_number"]:
        parameters["PartNumber"] = case["part_number"]
    return client.generate_presigned_url(METHODS[case["operation"]], Params=parameters, ExpiresIn=case["expires"])


def presign_raw(case):
    """By the signer alone, for headers that the client has no parameters for."""
    url = f"https://{case['bucket']}.s3.{case['region']}.amazonaws.com/{case['key']}"
    request = AWSRequest(method="PUT", url=url, headers=dict(case["headers"]))
    credentials = Credentials(ACCESS_KEY, SECRET_KEY, case["token"])
    botocore.auth.S3SigV4QueryAuth(credentials, "s3", case["region"], case["expires"]).add_auth(request)
    return request.url


written = []
for one in cases():
    url = presign(one)
    written.append({name: value for name, value in one.items() if name not in ("parameters", "raw")} | {"url": url})
print(json.dumps({"botocore": botocore.__version__, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY,
                  "cases": written}, indent=1, ensure_ascii=False))
