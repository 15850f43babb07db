"""SSE-KMS: what Amazon answered to those who write and read objects, replayed."""

import uuid


from recorded import NOBODYS, refused, replays
from support import client

KMS = {"ServerSideEncryption": "aws:kms"}


@replays("TestS3::test_s3_sse_validate_kms_key")
def test_keys_that_are_not_there(amazon, key, place, recording):
    arn = key["Arn"].replace(key["KeyId"], NOBODYS)
    elsewhere = str(uuid.uuid4())
    foreign = arn.replace("us-east-1", "eu-west-1").replace(NOBODYS, elsewhere)
    for step, name in {
        "put-obj-wrong-kms-key": "fake-key-id",
        "put-obj-wrong-kms-key-real-uuid": NOBODYS,
        "put-obj-wrong-kms-key-real-uuid-arn": arn,
        "put-obj-different-region-kms-key": foreign,
        "put-obj-different-region-kms-key-no-arn": elsewhere,
    }.items():
        recording.is_refused_like(step, refused(amazon.put_object, **place, Body=b"test", SSEKMSKeyId=name, **KMS))
    fake = {**KMS, "SSEKMSKeyId": "fake-key-id"}
    recording.is_refused_like("create-multipart-wrong-kms-key", refused(amazon.create_multipart_upload, **place, **fake))
    amazon.put_object(**place, Body=b"test")
    copy = {"CopySource": place, "Bucket": place["Bucket"], "Key": "copy"}
    recording.is_refused_like("copy-obj-wrong-kms-key", refused(amazon.copy_object, **copy, **fake))


@replays("TestS3::test_s3_sse_validate_kms_key_state")
def test_keys_that_are_not_to_be_used(amazon, amazon_kms, key, place, recording):
    name = {"KeyId": key["KeyId"]}
    write = {**place, "Body": b"test", **KMS, "SSEKMSKeyId": key["KeyId"]}
    recording.is_like("success-put-object-sse", amazon.put_object(**write))
    recording.is_like("success-get-object-sse", amazon.get_object(**place))
    amazon_kms.disable_key(**name)
    recording.is_refused_like("get-obj-disabled-key", refused(amazon.get_object, **place))
    recording.is_refused_like("put-obj-disabled-key", refused(amazon.put_object, **write))
    amazon_kms.schedule_key_deletion(PendingWindowInDays=7, **name)
    recording.is_refused_like("get-obj-pending-deletion-key", refused(amazon.get_object, **place))


@replays("TestS3::test_s3_multipart_upload_sse")
def test_an_upload_in_parts(amazon, key, place, recording):
    encryption = {**KMS, "SSEKMSKeyId": key["KeyId"], "BucketKeyEnabled": True}
    created = amazon.create_multipart_upload(**place, **encryption)
    recording.is_like("multi-sse-create-multipart", created)
    upload = {**place, "UploadId": created["UploadId"]}
    part = amazon.upload_part(Body=b"test", PartNumber=1, **upload)
    recording.is_like("multi-sse-upload-part", part)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    recording.is_like("multi-sse-compete-multipart", amazon.complete_multipart_upload(MultipartUpload=parts, **upload))
    recording.is_like("get-obj", amazon.get_object(**place))


def default_to_kms(amazon, bucket, **key):
    by_default = {"SSEAlgorithm": "aws:kms", **key}
    rule = {"ApplyServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": True}
    amazon.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


@replays("TestS3::test_s3_sse_bucket_key_default")
def test_a_buckets_default_key(amazon, key, place, recording):
    before, after = place, {**place, "Key": "after"}
    recording.is_like("put-obj-default-before-setting", amazon.put_object(Body=b"test-sse", **before))
    recording.is_like("get-obj-default-before-setting", amazon.get_object(**before))
    default_to_kms(amazon, place["Bucket"], KMSMasterKeyID=key["KeyId"])
    recording.is_like("get-bucket-encryption", amazon.get_bucket_encryption(Bucket=place["Bucket"]))
    recording.is_like("get-obj-default-after-setting", amazon.get_object(**before))
    recording.is_like("put-obj-after-setting", amazon.put_object(Body=b"test-sse", **after))
    recording.is_like("get-obj-after-setting", amazon.get_object(**after))


@replays("TestS3::test_s3_sse_default_kms_key")
def test_the_accounts_default_key(amazon, place, recording):
    def write_and_read(step, location, **encryption):
        recording.is_like(f"put-obj-{step}", amazon.put_object(Body=b"test-sse", **location, **encryption))
        recording.is_like(f"get-obj-{step}", amazon.get_object(**location))

    write_and_read("default-kms-s3-key", place, **KMS)
    second = {**place, "Bucket": f"{place['Bucket']}-2"}
    amazon.create_bucket(Bucket=second["Bucket"])
    write_and_read("default-kms-s3-key-bucket-2", second, **KMS)
    default_to_kms(amazon, place["Bucket"])
    answer = amazon.get_bucket_encryption(Bucket=place["Bucket"])
    recording.is_like("get-bucket-encryption-default-kms-s3-key", answer)
    write_and_read("default-kms-s3-key-from-bucket", {**place, "Key": "other"})
