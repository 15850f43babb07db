"""Policies of buckets and what blocks public access: what Amazon answered, replayed."""

import json

from recorded import refused, replays

SETTINGS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


@replays("TestS3PublicAccessBlock::test_crud_public_access_block")
def test_public_access_blocks(amazon, place, recording):
    bucket = {"Bucket": place["Bucket"]}
    recording.is_like("get-default-public-access-block", amazon.get_public_access_block(**bucket))
    settings = {"PublicAccessBlockConfiguration": dict.fromkeys(SETTINGS, False)}
    recording.is_like("put-public-access-block", amazon.put_public_access_block(**bucket, **settings))
    recording.is_like("get-public-access-block", amazon.get_public_access_block(**bucket))
    recording.is_like("delete-public-access-block", amazon.delete_public_access_block(**bucket))
    answer = refused(amazon.get_public_access_block, **bucket)
    recording.is_refused_like("get-public-access-block-after-delete", answer)
    recording.is_like("idempotent-delete-public-access-block", amazon.delete_public_access_block(**bucket))


@replays("TestS3BucketPolicy::test_bucket_policy_crud")
def test_policies(amazon, place, recording):
    bucket = {"Bucket": place["Bucket"]}
    amazon.delete_public_access_block(**bucket)
    recording.is_refused_like("get-bucket-default-policy", refused(amazon.get_bucket_policy, **bucket))
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{place['Bucket']}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    recording.is_like("put-bucket-policy", amazon.put_bucket_policy(**bucket, Policy=policy))
    answer = amazon.get_bucket_policy(**bucket)
    # The recording has it as what it says.
    recording.is_like("get-bucket-policy", {**answer, "Policy": json.loads(answer["Policy"])})
    recording.is_like("delete-bucket-policy", amazon.delete_bucket_policy(**bucket))
    recording.is_refused_like("get-bucket-policy-after-delete", refused(amazon.get_bucket_policy, **bucket))
    recording.is_like("delete-bucket-policy-after-delete", amazon.delete_bucket_policy(**bucket))


@replays("TestS3BucketPolicy::test_bucket_policy_exc")
def test_what_is_no_policy(amazon, place, recording):
    for step, policy in (("put-empty-bucket-policy", ""), ("put-bucket-policy-randomstring", "invalid json")):
        answer = refused(amazon.put_bucket_policy, Bucket=place["Bucket"], Policy=policy)
        recording.is_refused_like(step, answer)
    answer = refused(amazon.put_bucket_policy, Bucket=place["Bucket"], Policy="{}")
    recording.is_refused_like("put-bucket-policy-empty-json", answer)
