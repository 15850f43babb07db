"""Tags: what Amazon answered, replayed."""

from recorded import refused, replays

MISSING = "recorded-bucket-that-is-not-there"


def tags(*pairs):
    return {"Tagging": {"TagSet": [{"Key": key, "Value": value} for key, value in pairs]}}


@replays("TestS3BucketObjectTagging::test_bucket_tagging_crud")
def test_buckets(amazon, place, recording):
    bucket = {"Bucket": place["Bucket"]}
    recording.is_refused_like("get-bucket-tags-empty", refused(amazon.get_bucket_tagging, **bucket))
    answer = amazon.put_bucket_tagging(**bucket, **tags(("tag1", "tag1"), ("tag2", "")))
    recording.is_like("put-bucket-tags", answer)
    recording.is_like("get-bucket-tags", amazon.get_bucket_tagging(**bucket))
    recording.is_like("put-bucket-tags-overwrite", amazon.put_bucket_tagging(**bucket, **tags(("tag3", "tag3"))))
    recording.is_like("get-bucket-tags-overwritten", amazon.get_bucket_tagging(**bucket))
    recording.is_like("delete-bucket-tags", amazon.delete_bucket_tagging(**bucket))
    assert refused(amazon.get_bucket_tagging, **bucket).response["Error"]["Code"] == "NoSuchTagSet"
    recording.is_like("put-bucket-tags-empty", amazon.put_bucket_tagging(**bucket, **tags()))
    assert refused(amazon.get_bucket_tagging, **bucket).response["Error"]["Code"] == "NoSuchTagSet"


@replays("TestS3BucketObjectTagging::test_bucket_tagging_exc")
def test_buckets_that_are_not_there(amazon, recording):
    recording.is_refused_like("get-no-bucket-tags", refused(amazon.get_bucket_tagging, Bucket=MISSING))
    recording.is_refused_like("delete-no-bucket-tags", refused(amazon.delete_bucket_tagging, Bucket=MISSING))
    recording.is_refused_like("put-no-bucket-tags", refused(amazon.put_bucket_tagging, Bucket=MISSING, **tags()))


@replays("TestS3BucketObjectTagging::test_object_tagging_crud")
def test_objects(amazon, place, recording):
    recording.is_like("put-object", amazon.put_object(**place, Body=b"test-tagging"))
    recording.is_like("get-object-tags-empty", amazon.get_object_tagging(**place))
    answer = amazon.put_object_tagging(**place, **tags(("tag1", "tag1"), ("tag2", "")))
    recording.is_like("put-object-tags", answer)
    recording.is_like("get-object-tags", amazon.get_object_tagging(**place))
    recording.is_like("put-object-tags-overwrite", amazon.put_object_tagging(**place, **tags(("tag3", "tag3"))))
    recording.is_like("get-object-tags-overwritten", amazon.get_object_tagging(**place))
    recording.is_like("get-obj-after-tags", amazon.get_object(**place, ChecksumMode="ENABLED"))
    recording.is_like("delete-object-tags", amazon.delete_object_tagging(**place))
    recording.is_like("get-object-tags-deleted", amazon.get_object_tagging(**place))
    recording.is_like("get-obj-after-tags-deleted", amazon.get_object(**place, ChecksumMode="ENABLED"))


@replays("TestS3BucketObjectTagging::test_put_object_with_tags")
def test_objects_that_are_written_with_tags(amazon, place, recording):
    put = lambda tagging, body=b"": amazon.put_object(**place, Body=body, Tagging=tagging)
    recording.is_like("put-object", put("tag1=tag1&tag2=tag2&tag=", b"test-tagging"))
    recording.is_like("get-object-tags", amazon.get_object_tagging(**place))
    recording.is_like("put-object-tags", amazon.put_object_tagging(**place, **tags(("tag3", "tag3"))))
    recording.is_like("get-object-tags-override", amazon.get_object_tagging(**place))
    # S3 counts tags in this answer too, since later in 2025 than it was recorded.
    head = amazon.head_object(**place)
    assert head.pop("TagCount") == 1
    recording.is_like("head-obj", head)
    recording.is_like("get-obj", amazon.get_object(**place, ChecksumMode="ENABLED"))
    put("wrongquery&wrongagain")
    recording.is_like("get-object-tags-wrong-format-qs", amazon.get_object_tagging(**place))
    put("key1&&&key2")
    recording.is_like("get-object-tags-wrong-format-qs-2", amazon.get_object_tagging(**place))


@replays("TestS3BucketObjectTagging::test_object_tags_delete_or_overwrite_object")
def test_new_objects_have_no_tags_of_old_ones(amazon, place, recording):
    amazon.put_object(**place, Body=b"create", Tagging="tag1=val1")
    recording.is_like("get-object-after-creation", amazon.get_object_tagging(**place))
    amazon.put_object(**place, Body=b"overwrite")
    recording.is_like("get-object-after-overwrite", amazon.get_object_tagging(**place))
    amazon.put_object_tagging(**place, **tags(("tag1", "val1")))
    amazon.delete_object(**place)
    amazon.put_object(**place, Body=b"recreate")
    recording.is_like("get-object-after-recreation", amazon.get_object_tagging(**place))


@replays("TestS3BucketObjectTagging::test_object_tagging_versioned")
def test_versions(amazon, place, recording):
    amazon.put_bucket_versioning(Bucket=place["Bucket"], VersioningConfiguration={"Status": "Enabled"})
    first = amazon.put_object(**place, Body=b"test-0", Tagging="test_tag=tagv1")
    recording.is_like("put-obj-0", first)
    recording.is_like("put-obj-1", amazon.put_object(**place, Body=b"test-1"))
    first = {**place, "VersionId": first["VersionId"]}
    recording.is_like("put-object-tags-current-version", amazon.put_object_tagging(**place, **tags(("tag3", "tag3"))))
    recording.is_like("get-object-tags-current-version", amazon.get_object_tagging(**place))
    recording.is_like("get-object-tags-previous-version", amazon.get_object_tagging(**first))
    recording.is_like("put-object-tags-previous-version", amazon.put_object_tagging(**first, **tags(("tag1", "tag1"))))
    recording.is_like("get-object-tags-previous-version-again", amazon.get_object_tagging(**first))
    marker = amazon.delete_object(**place)
    recording.is_like("put-delete-marker", marker)
    for which, where in (("id", {**place, "VersionId": marker["VersionId"]}), ("latest", place)):
        answer = refused(amazon.put_object_tagging, **where, **tags(("tag1", "tag1")))
        recording.is_refused_like(f"put-object-tags-delete-marker-{which}", answer)
        for method, call in (("get", amazon.get_object_tagging), ("delete", amazon.delete_object_tagging)):
            recording.is_refused_like(f"{method}-object-tags-delete-marker-{which}", refused(call, **where))


@replays("TestS3BucketObjectTagging::test_object_tagging_exc")
def test_mistakes(amazon, place, recording):
    place["Key"] = "fake-key"
    for name, where in (("bucket", {**place, "Bucket": MISSING}), ("key", place)):
        recording.is_refused_like(f"get-no-{name}-tags", refused(amazon.get_object_tagging, **where))
        recording.is_refused_like(f"delete-no-{name}-tags", refused(amazon.delete_object_tagging, **where))
        recording.is_refused_like(f"put-no-{name}-tags", refused(amazon.put_object_tagging, **where, **tags()))
    for step, tagging in (("duplicate-tagging", "key1=val1&key1=val2"), ("wrong-format", "key1=val1,key2=val2")):
        answer = refused(amazon.put_object, **place, Body=b"", Tagging=tagging)
        recording.is_refused_like(f"put-obj-{step}", answer)


@replays("TestS3BucketObjectTagging::test_tagging_validation")
def test_what_is_no_tag(amazon, place, recording):
    bucket = {"Bucket": place["Bucket"]}
    amazon.put_object(**place, Body=b"")
    twice = tags(("Key1", "Val1"), ("Key1", "Val1"))
    for step, sent in (
        ("duplicate-keys", twice),
        ("invalid-key", tags(("Key1,Key2", "Val1"))),
        ("invalid-value", tags(("Key1", "Val1,Val2"))),
        ("aws-prefixed", tags(("aws:prefixed", "Val1"))),
    ):
        recording.is_refused_like(f"put-bucket-tags-{step}", refused(amazon.put_bucket_tagging, **bucket, **sent))
    for step, sent in (
        ("duplicate-keys", twice),
        ("invalid-field", tags(("Key1,Key2", "Val1"))),
        ("aws-prefixed", tags(("aws:prefixed", "Val1"))),
    ):
        recording.is_refused_like(f"put-object-tags-{step}", refused(amazon.put_object_tagging, **place, **sent))
