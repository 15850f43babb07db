"""Default encryption of buckets: what Amazon answered, replayed."""

from recorded import refused, replays

AES256 = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
MISSING = {"Bucket": "recorded-bucket-that-is-not-there"}


def rules(*rules):
    return {"ServerSideEncryptionConfiguration": {"Rules": list(rules)}}


def kms_rule(bucket_key, **key):
    by_default = {"SSEAlgorithm": "aws:kms", **key}
    return {"ApplyServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": bucket_key}


@replays("TestS3BucketEncryption::test_s3_default_bucket_encryption")
def test_a_new_bucket(amazon, place, recording):
    answer = amazon.get_bucket_encryption(Bucket=place["Bucket"])
    recording.is_like("default-bucket-encryption", answer)
    # Removing what nobody set is no mistake, and changes nothing.
    for _ in range(2):
        assert amazon.delete_bucket_encryption(Bucket=place["Bucket"])["ResponseMetadata"]["HTTPStatusCode"] == 204
    again = amazon.get_bucket_encryption(Bucket=place["Bucket"])
    assert again["ServerSideEncryptionConfiguration"] == answer["ServerSideEncryptionConfiguration"]


@replays("TestS3BucketEncryption::test_s3_default_bucket_encryption_exc")
def test_mistakes(amazon, place, recording):
    bucket = {"Bucket": place["Bucket"]}
    recording.is_refused_like("get-bucket-enc-no-bucket", refused(amazon.get_bucket_encryption, **MISSING))
    recording.is_refused_like("delete-bucket-enc-no-bucket", refused(amazon.delete_bucket_encryption, **MISSING))
    put = amazon.put_bucket_encryption
    recording.is_refused_like("put-bucket-enc-no-bucket", refused(put, **MISSING, **rules(AES256)))
    recording.is_refused_like("put-bucket-encryption-no-rules", refused(put, **bucket, **rules()))
    recording.is_refused_like("put-bucket-encryption-two-rules", refused(put, **bucket, **rules(AES256, AES256)))
    key = {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "some-key"}
    with_key = rules({"ApplyServerSideEncryptionByDefault": key})
    recording.is_refused_like("put-bucket-encryption-kms-with-aes", refused(put, **bucket, **with_key))


def write_head_and_get(amazon, place, recording, content=b"test"):
    recording.is_like("put-object-encrypted", amazon.put_object(Body=content, **place), content=content)
    recording.is_like("head-object-encrypted", amazon.head_object(**place), content=content)
    recording.is_like("get-object-encrypted", amazon.get_object(**place), content=content)


@replays("TestS3BucketEncryption::test_s3_bucket_encryption_sse_s3")
def test_sse_s3(amazon, place, recording):
    amazon.put_bucket_encryption(Bucket=place["Bucket"], **rules(AES256))
    write_head_and_get(amazon, place, recording)


@replays("TestS3BucketEncryption::test_s3_bucket_encryption_sse_kms")
def test_a_customers_key(amazon, amazon_kms, place, recording):
    key = {"KMSMasterKeyID": amazon_kms.create_key()["KeyMetadata"]["KeyId"]}
    amazon.put_bucket_encryption(Bucket=place["Bucket"], **rules(kms_rule(True, **key)))
    recording.is_like("get-bucket-enc", amazon.get_bucket_encryption(Bucket=place["Bucket"]))
    write_head_and_get(amazon, place, recording)
    amazon.put_bucket_encryption(Bucket=place["Bucket"], **rules(kms_rule(False, **key)))
    answer = amazon.put_object(Body=b"test", **place)
    recording.is_like("put-object-encrypted-bucket-key-disabled", answer)


@replays("TestS3BucketEncryption::test_s3_bucket_encryption_sse_kms_aws_managed_key")
def test_the_key_that_aws_manages(amazon, amazon_kms, place, recording):
    amazon.put_bucket_encryption(Bucket=place["Bucket"], **rules(kms_rule(True)))
    recording.is_like("get-bucket-enc", amazon.get_bucket_encryption(Bucket=place["Bucket"]))
    write_head_and_get(amazon, place, recording)
    key = amazon_kms.describe_key(KeyId=amazon.head_object(**place)["SSEKMSKeyId"])["KeyMetadata"]
    description = "Default key that protects my S3 objects when no other key is defined"
    assert (key["KeyManager"], key["Description"]) == ("AWS", description)
