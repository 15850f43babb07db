"""Every mode of server-side encryption, as AWS's own SDK uses it."""

import hashlib
import io
import secrets

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

MIB = 1024 * 1024
CONTENT = secrets.token_bytes(200_000)


def refusal(call, **arguments):
    """The status, code and message that a call is refused with."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"].get("Message")


def stored(s3, bucket, key, **arguments):
    return s3.get_object(Bucket=bucket, Key=key, **arguments)["Body"].read()


@pytest.mark.parametrize("mode", [{}, {"ServerSideEncryption": "AES256"}])
def test_sse_s3_is_the_default_and_its_etag_is_the_md5(s3, bucket, mode):
    put = s3.put_object(Bucket=bucket, Key="a b/ü~.bin", Body=CONTENT, Metadata={"x": "y"}, ContentType="text/plain", **mode)
    assert put["ServerSideEncryption"] == "AES256"
    assert put["ETag"] == f'"{hashlib.md5(CONTENT).hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key="a b/ü~.bin")
    assert got["Body"].read() == CONTENT
    assert (got["ServerSideEncryption"], got["Metadata"], got["ContentType"]) == ("AES256", {"x": "y"}, "text/plain")


@pytest.mark.parametrize("key_id", [None, "alias/one"])
def test_sse_kms_names_its_key_and_has_no_md5(s3, kms, bucket, key_id):
    named = {"SSEKMSKeyId": key_id} if key_id else {}
    put = s3.put_object(Bucket=bucket, Key="k", Body=CONTENT, ServerSideEncryption="aws:kms", **named)
    metadata = kms.describe_key(KeyId=key_id or "alias/aws/s3")["KeyMetadata"]
    assert put["SSEKMSKeyId"] == metadata["Arn"]
    assert metadata["KeyManager"] == ("CUSTOMER" if key_id else "AWS")
    assert put["ETag"] != f'"{hashlib.md5(CONTENT).hexdigest()}"'
    assert stored(s3, bucket, "k") == CONTENT
    assert s3.head_object(Bucket=bucket, Key="k")["ServerSideEncryption"] == "aws:kms"


def test_sse_kms_refuses_keys_that_are_not_there(s3, bucket):
    arguments = {"Bucket": bucket, "Key": "k", "Body": b"", "ServerSideEncryption": "aws:kms"}
    answer = refusal(s3.put_object, SSEKMSKeyId="fake-key-id", **arguments)
    assert answer == (400, "KMS.NotFoundException", "Invalid keyId 'fake-key-id'")


def test_a_disabled_key_neither_writes_nor_reads(s3, kms, bucket):
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    arguments = {"Bucket": bucket, "Key": "k", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": arn}
    s3.put_object(Body=CONTENT, **arguments)
    kms.disable_key(KeyId=arn)
    expected = (400, "KMS.DisabledException", f"{arn} is disabled.")
    assert refusal(s3.put_object, Body=CONTENT, **arguments) == expected
    assert refusal(s3.get_object, Bucket=bucket, Key="k") == expected
    kms.enable_key(KeyId=arn)
    assert stored(s3, bucket, "k") == CONTENT


def test_sse_c_wants_its_key_each_time(s3, bucket, customer_key):
    put = s3.put_object(Bucket=bucket, Key="k", Body=CONTENT, **customer_key)
    md5 = put["SSECustomerKeyMD5"]
    assert (put["SSECustomerAlgorithm"], "ServerSideEncryption" in put) == ("AES256", False)
    assert put["ETag"] != f'"{hashlib.md5(CONTENT).hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key="k", **customer_key)
    assert (got["Body"].read(), got["SSECustomerKeyMD5"]) == (CONTENT, md5)


def test_sse_c_refuses_no_key_and_a_wrong_key(s3, bucket, customer_key):
    s3.put_object(Bucket=bucket, Key="k", Body=CONTENT, **customer_key)
    without = refusal(s3.get_object, Bucket=bucket, Key="k")
    assert without[:2] == (400, "InvalidRequest") and "stored using a form of Server Side Encryption" in without[2]
    wrong = {**customer_key, "SSECustomerKey": secrets.token_bytes(32)}
    answer = refusal(s3.get_object, Bucket=bucket, Key="k", **wrong)
    assert answer[:2] == (403, "AccessDenied") and "correct secret key" in answer[2]
    assert refusal(s3.head_object, Bucket=bucket, Key="k")[0] == 400
    assert refusal(s3.head_object, Bucket=bucket, Key="k", **wrong)[0] == 403


def test_sse_c_is_blocked_in_new_buckets(s3, customer_key):
    name = f"test-{secrets.token_hex(8)}"
    s3.create_bucket(Bucket=name)
    rule = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["BlockedEncryptionTypes"]["EncryptionType"] == ["SSE-C"]
    answer = refusal(s3.put_object, Bucket=name, Key="k", Body=b"", **customer_key)
    assert answer[:2] == (403, "AccessDenied")


def test_a_bucket_default_holds_until_a_request_says_otherwise(s3, bucket, customer_key):
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/one"}}
    s3.put_bucket_encryption(
        Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [{**rule, "BucketKeyEnabled": True}]}
    )
    by_default = s3.put_object(Bucket=bucket, Key="default", Body=CONTENT)
    assert (by_default["ServerSideEncryption"], by_default["BucketKeyEnabled"]) == ("aws:kms", True)
    own = s3.put_object(Bucket=bucket, Key="own", Body=CONTENT, ServerSideEncryption="AES256")
    assert own["ServerSideEncryption"] == "AES256" and "SSEKMSKeyId" not in own
    assert "ServerSideEncryption" not in s3.put_object(Bucket=bucket, Key="c", Body=CONTENT, **customer_key)
    s3.delete_bucket_encryption(Bucket=bucket)
    assert s3.put_object(Bucket=bucket, Key="after", Body=CONTENT)["ServerSideEncryption"] == "AES256"
    assert s3.head_object(Bucket=bucket, Key="default")["ServerSideEncryption"] == "aws:kms"
    assert stored(s3, bucket, "default") == CONTENT


@pytest.mark.parametrize("mode", ["AES256", "aws:kms", "customer"])
def test_multipart_uploads_work_in_each_mode(s3, bucket, customer_key, mode):
    content = secrets.token_bytes(11 * MIB + 7)
    extra = customer_key if mode == "customer" else {"ServerSideEncryption": mode}
    config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
    s3.upload_fileobj(io.BytesIO(content), bucket, "k", Config=config, ExtraArgs=extra)
    key = customer_key if mode == "customer" else {}
    got = s3.get_object(Bucket=bucket, Key="k", **key)
    assert got["ETag"].endswith('-3"')
    assert got["Body"].read() == content
    part = s3.get_object(Bucket=bucket, Key="k", PartNumber=2, **key)
    assert (part["Body"].read(), part["PartsCount"]) == (content[5 * MIB : 10 * MIB], 3)


def test_parts_must_have_their_uploads_key(s3, bucket, customer_key):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k", **customer_key)["UploadId"]
    arguments = {"Bucket": bucket, "Key": "k", "UploadId": upload, "PartNumber": 1, "Body": b"part"}
    without = refusal(s3.upload_part, **arguments)
    assert without[:2] == (400, "InvalidRequest") and "initiate requested encryption" in without[2]
    wrong = refusal(s3.upload_part, **arguments, **{**customer_key, "SSECustomerKey": secrets.token_bytes(32)})
    assert wrong[:2] == (400, "InvalidRequest") and "did not match the ones used originally" in wrong[2]
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)
    assert refusal(s3.upload_part, **arguments, **customer_key)[:2] == (404, "NoSuchUpload")


def test_a_copy_takes_its_own_mode_and_never_its_sources(s3, bucket, customer_key):
    source = {f"CopySource{name}": value for name, value in customer_key.items()}
    s3.put_object(Bucket=bucket, Key="c", Body=CONTENT, **customer_key)
    copy = s3.copy_object(Bucket=bucket, Key="plain", CopySource={"Bucket": bucket, "Key": "c"}, **source)
    assert copy["ServerSideEncryption"] == "AES256"
    assert stored(s3, bucket, "plain") == CONTENT
    back = {"Bucket": bucket, "Key": "again", "CopySource": {"Bucket": bucket, "Key": "plain"}}
    assert "ServerSideEncryption" not in s3.copy_object(**back, **customer_key)
    assert stored(s3, bucket, "again", **customer_key) == CONTENT
    without = refusal(s3.copy_object, Bucket=bucket, Key="x", CopySource={"Bucket": bucket, "Key": "c"})
    assert without[:2] == (400, "InvalidRequest")


def test_ranges_are_read_across_segments(s3, bucket, customer_key):
    s3.put_object(Bucket=bucket, Key="k", Body=CONTENT, **customer_key)
    for first, last in [(0, 0), (65535, 65536), (1, 199_999), (131_072, 131_072), (199_999, 199_999)]:
        got = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={first}-{last}", **customer_key)
        assert got["Body"].read() == CONTENT[first : last + 1]
        assert got["ContentRange"] == f"bytes {first}-{last}/200000"
    beyond = refusal(s3.get_object, Bucket=bucket, Key="k", Range="bytes=200000-", **customer_key)
    assert beyond[:2] == (416, "InvalidRange")
