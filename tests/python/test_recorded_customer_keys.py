"""SSE-C: what Amazon answered, replayed."""

import base64
import hashlib


from recorded import refused, replays

KEY = b"1234567890abcdef1234567890abcdef"
MD5 = base64.b64encode(hashlib.md5(KEY).digest()).decode()
ENCODED = base64.b64encode(KEY).decode()
# The MD5 keeps boto3 from mending anything, so that the key has to be encoded here.
CUSTOMER = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": ENCODED, "SSECustomerKeyMD5": MD5}
OTHER_KEY = b"ffffffffffffffffffffffffffffffff"
OTHER = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": OTHER_KEY}
SHORT_KEY = {**CUSTOMER, "SSECustomerKey": base64.b64encode(b"too short").decode()}
# Without the MD5, boto3 encodes what it is given once more: a key of 44 bytes with its right MD5.
ENCODED_TWICE = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": ENCODED}
WRONG_ALGORITHM = {**CUSTOMER, "SSECustomerAlgorithm": "KMS"}
WRONG_MD5 = {**CUSTOMER, "SSECustomerKeyMD5": base64.b64encode(hashlib.md5(OTHER_KEY).digest()).decode()}


def without(name):
    return {key: value for key, value in CUSTOMER.items() if key != name}


@replays("TestS3SSECEncryption::test_put_object_validation_sse_c")
def test_writes_with_mistakes(amazon, place, recording):
    mistakes = {
        "put-obj-sse-c-both-encryption": {**CUSTOMER, "ServerSideEncryption": "AES256"},
        "put-obj-sse-c-wrong-algo": WRONG_ALGORITHM,
        "put-obj-sse-c-no-algo": without("SSECustomerAlgorithm"),
        # boto3 would compute the MD5 of what is not there, so it is given.
        "put-obj-sse-c-no-key": without("SSECustomerKey"),
        "put-obj-sse-c-no-md5": ENCODED_TWICE,
        "put-obj-sse-c-wrong-key-size": SHORT_KEY,
        "put-obj-sse-c-bad-md5": WRONG_MD5,
    }
    for step, headers in mistakes.items():
        recording.is_refused_like(step, refused(amazon.put_object, Body=b"test", **place, **headers))


@replays("TestS3SSECEncryption::test_object_retrieval_sse_c")
def test_reads_with_mistakes(amazon, place, recording):
    recording.is_like("put-obj-sse-c", amazon.put_object(Body=b"test", **place, **CUSTOMER))
    get, attributes = amazon.get_object, {**place, "ObjectAttributes": ["ETag"]}
    recording.is_refused_like("get-obj-no-sse-c", refused(get, **place))
    recording.is_refused_like("get-obj-sse-c-wrong-key", refused(get, **place, **OTHER))
    recording.is_refused_like("get-obj-sse-c-wrong-algo", refused(get, **place, **WRONG_ALGORITHM))
    recording.is_refused_like("head-obj-sse-c-wrong-algo", refused(amazon.head_object, **place, **WRONG_ALGORITHM))
    answer = refused(amazon.get_object_attributes, **attributes, **WRONG_ALGORITHM)
    recording.is_refused_like("get-obj-attrs-sse-c-wrong-algo", answer)
    recording.is_refused_like("get-obj-sse-c-no-md5", refused(get, **place, **ENCODED_TWICE))
    recording.is_refused_like("head-obj-sse-c-no-md5", refused(amazon.head_object, **place, **ENCODED_TWICE))
    recording.is_refused_like("get-obj-sse-c-wrong-key-size", refused(get, **place, **SHORT_KEY))
    recording.is_refused_like("get-obj-sse-c-bad-md5", refused(get, **place, **WRONG_MD5))


@replays("TestS3SSECEncryption::test_put_object_lifecycle_with_sse_c")
def test_an_object_and_what_is_asked_of_it(amazon, place, recording):
    recording.is_like("put-obj-sse-c", amazon.put_object(Body=b"test", **place, **CUSTOMER))
    recording.is_like("head-obj-sse-c", amazon.head_object(**place, **CUSTOMER))
    recording.is_like("get-obj-sse-c", amazon.get_object(**place, **CUSTOMER))
    attributes = amazon.get_object_attributes(ObjectAttributes=["ETag"], **place, **CUSTOMER)
    recording.is_like("get-obj-attrs-sse-c", attributes)
    amazon.delete_object(**place)


@replays("TestS3SSECEncryption::test_put_object_default_checksum_with_sse_c")
def test_a_default_checksum(amazon, place, recording, checksum_free):
    checksum_free.put_object(Body=b"test-checksum", **place, **CUSTOMER)
    recording.is_like("head-obj-sse-c", amazon.head_object(ChecksumMode="ENABLED", **place, **CUSTOMER))
    got = amazon.get_object(ChecksumMode="ENABLED", **place, **CUSTOMER)
    recording.is_like("get-obj-sse-c", got)
    assert "ChecksumCRC64NVME" in got
    asked = ["Checksum", "ETag"]
    attributes = amazon.get_object_attributes(ObjectAttributes=asked, **place, **CUSTOMER)
    recording.is_like("get-obj-attrs-sse-c", attributes)
    assert attributes["Checksum"]["ChecksumCRC64NVME"] == got["ChecksumCRC64NVME"]


@replays("TestS3SSECEncryption::test_multipart_upload_sse_c")
def test_an_upload_in_parts(checksum_free, place, recording):
    created = checksum_free.create_multipart_upload(**place, **CUSTOMER)
    recording.is_like("create-mpu-sse-c", created)
    upload, parts = {**place, "UploadId": created["UploadId"]}, []
    for index in range(3):
        body = b"a" * (5 * 1024 * 1024 if index < 2 else 10)
        part = checksum_free.upload_part(Body=body, PartNumber=index + 1, **upload, **CUSTOMER)
        recording.is_like(f"upload-part-{index}", part)
        parts.append({"PartNumber": index + 1, "ETag": part["ETag"]})
    # The same bytes, and yet other ETags.
    assert parts[0]["ETag"] != parts[1]["ETag"]
    completed = checksum_free.complete_multipart_upload(MultipartUpload={"Parts": parts}, **upload)
    recording.is_like("complete-multipart-checksum", completed)
    recording.is_refused_like("get-obj-no-sse-c-param", refused(checksum_free.get_object, **place))
    got = checksum_free.get_object(ChecksumMode="ENABLED", **place, **CUSTOMER)
    recording.is_like("get-obj-sse-c", got)


@replays("TestS3SSECEncryption::test_multipart_upload_sse_c_validation")
def test_parts_with_mistakes(amazon, place, recording):
    created = amazon.create_multipart_upload(**place)
    recording.is_like("create-mpu-no-sse-c", created)
    part = {**place, "PartNumber": 1, "Body": b"part"}
    answer = refused(amazon.upload_part, UploadId=created["UploadId"], **part, **CUSTOMER)
    recording.is_refused_like("mpu-no-sse-c-upload-part-with-sse-c", answer)
    created = amazon.create_multipart_upload(**place, **CUSTOMER)
    recording.is_like("create-mpu-sse-c", created)
    answer = refused(amazon.upload_part, UploadId=created["UploadId"], **part)
    recording.is_refused_like("mpu-sse-c-upload-part-no-sse-c", answer)
    answer = refused(amazon.upload_part, UploadId=created["UploadId"], **part, **OTHER)
    recording.is_refused_like("mpu-sse-c-upload-part-wrong-sse-c", answer)
