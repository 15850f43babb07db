"""Versions and delete markers: what Amazon answered, replayed."""

import secrets

from recorded import refused, replays

# An id that looks like one and was never given out.
NOBODYS_VERSION = "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD"


def keep_versions(amazon, place, status="Enabled"):
    return amazon.put_bucket_versioning(Bucket=place["Bucket"], VersioningConfiguration={"Status": status})


def listed(amazon, place, **arguments):
    """A listing of versions, with what the recordings kept of it."""
    listing = amazon.list_object_versions(Bucket=place["Bucket"], **arguments)
    for kind in ("Versions", "DeleteMarkers"):
        if kind in listing:
            listing[kind] = [{name: one[name] for name in ("IsLatest", "Key", "VersionId")} for one in listing[kind]]
    return listing


def delete_all(amazon, place, *objects):
    answer = amazon.delete_objects(Bucket=place["Bucket"], Delete={"Objects": list(objects)})
    for kind in ("Deleted", "Errors"):
        answer.get(kind, []).sort(key=lambda one: one["Key"])
    return answer


@replays("TestS3BucketVersioning::test_bucket_versioning_crud")
def test_buckets_say_whether_they_keep_versions(amazon, place, recording):
    bucket = {"Bucket": place["Bucket"]}
    missing = {"Bucket": f"missing-{secrets.token_hex(8)}"}
    put = lambda **status: {"VersioningConfiguration": status}
    recording.is_like("get-versioning-before", amazon.get_bucket_versioning(**bucket))
    recording.is_like("put-versioning-suspended-before", keep_versions(amazon, place, "Suspended"))
    recording.is_like("get-versioning-after-suspended", amazon.get_bucket_versioning(**bucket))
    for step, status in (("enabled-lowercase", "enabled"), ("disabled", "Disabled")):
        answer = refused(amazon.put_bucket_versioning, **bucket, **put(Status=status))
        recording.is_refused_like(f"put-versioning-{step}", answer)
    recording.is_like("put-versioning-enabled-capitalized", keep_versions(amazon, place))
    recording.is_like("get-versioning-after-enabled", amazon.get_bucket_versioning(**bucket))
    recording.is_like("put-versioning-suspended-after", keep_versions(amazon, place, "Suspended"))
    recording.is_refused_like("put-versioning-empty", refused(amazon.put_bucket_versioning, **bucket, **put()))
    answer = refused(amazon.put_bucket_versioning, **missing, **put(Status="Suspended"))
    recording.is_refused_like("put-versioning-no-bucket", answer)
    recording.is_refused_like("get-versioning-no-bucket", refused(amazon.get_bucket_versioning, **missing))


@replays("TestS3BucketCRUD::test_delete_bucket_with_objects")
def test_a_bucket_with_an_object_stays(amazon, place, recording):
    amazon.put_object(**place, Body=b"test-delete")
    recording.is_refused_like("delete-with-obj", refused(amazon.delete_bucket, Bucket=place["Bucket"]))
    recording.is_like("delete-obj", amazon.delete_object(**place))
    recording.is_like("delete-bucket", amazon.delete_bucket(Bucket=place["Bucket"]))


@replays("TestS3BucketCRUD::test_delete_versioned_bucket_with_objects")
def test_a_bucket_with_versions_stays(amazon, place, recording):
    bucket = {"Bucket": place["Bucket"]}
    keep_versions(amazon, place)
    version = amazon.put_object(**place, Body=b"test-delete")["VersionId"]
    marker = amazon.delete_object(**place)["VersionId"]
    recording.is_refused_like("delete-with-obj-and-delete-marker", refused(amazon.delete_bucket, **bucket))
    recording.is_like("delete-obj-by-version", amazon.delete_object(**place, VersionId=version))
    recording.is_refused_like("delete-with-only-delete-marker", refused(amazon.delete_bucket, **bucket))
    recording.is_like("delete-marker-by-version", amazon.delete_object(**place, VersionId=marker))
    recording.is_like("success-delete-bucket", amazon.delete_bucket(**bucket))


@replays("TestS3ObjectCRUD::test_delete_object")
def test_deletions(amazon, place, recording):
    recording.is_like("put-object", amazon.put_object(**place, Body=b"test-delete"))
    recording.is_like("delete-object", amazon.delete_object(**place))
    recording.is_like("delete-nonexistent-object", amazon.delete_object(**place))
    answer = refused(amazon.delete_object, **place, VersionId=NOBODYS_VERSION)
    recording.is_refused_like("delete-nonexistent-object-versionid", answer)


@replays("TestS3ObjectCRUD::test_delete_objects")
def test_deletions_of_many(amazon, place, recording):
    key = place["Key"] = "test-delete"
    recording.is_like("put-object", amazon.put_object(**place, Body=b"test-delete"))
    answer = delete_all(amazon, place, {"Key": key, "VersionId": NOBODYS_VERSION})
    recording.is_like("delete-object-wrong-version-id", answer)
    answer = delete_all(amazon, place, {"Key": key}, {"Key": "c-wrong-key"}, {"Key": "a-wrong-key"})
    recording.is_like("delete-objects", answer)


@replays("TestS3ObjectCRUD::test_delete_object_versioned")
def test_delete_markers(amazon, place, recording):
    place["Key"] = "test-delete"
    keep_versions(amazon, place)
    put = amazon.put_object(**place, Body=b"test-delete")
    recording.is_like("put-object", put)
    deleted = amazon.delete_object(**place)
    recording.is_like("delete-object", deleted)
    version, marker = put["VersionId"], deleted["VersionId"]
    hidden = refused(amazon.get_object, **place)
    recording.is_refused_like("get-deleted-object", hidden)
    by_id = refused(amazon.get_object, **place, VersionId=marker)
    recording.is_refused_like("get-delete-marker", by_id)
    for answer in (hidden, by_id):
        headers = answer.response["ResponseMetadata"]["HTTPHeaders"]
        assert (headers["x-amz-delete-marker"], headers["x-amz-version-id"]) == ("true", marker)
    assert by_id.response["ResponseMetadata"]["HTTPHeaders"]["allow"] == "DELETE"
    recording.is_like("get-object-with-version", amazon.get_object(**place, VersionId=version, ChecksumMode="ENABLED"))
    recording.is_like("delete-object-2", amazon.delete_object(**place))
    recording.is_like("list-object-versions", listed(amazon, place))
    recording.is_like("delete-delete-marker", amazon.delete_object(**place, VersionId=marker))
    recording.is_like("delete-object-version", amazon.delete_object(**place, VersionId=version))
    answer = refused(amazon.get_object, **place, VersionId=version)
    recording.is_refused_like("get-deleted-object-with-version", answer)
    answer = refused(amazon.delete_object, **place, VersionId=version[:-4] + "ABCD")
    recording.is_refused_like("delete-with-bad-version", answer)
    recording.is_like("delete-wrong-key", amazon.delete_object(Bucket=place["Bucket"], Key="wrong-key"))


@replays("TestS3ObjectCRUD::test_delete_objects_versioned")
def test_deletions_of_many_versions(amazon, place, recording):
    key = place["Key"] = "test-delete"
    keep_versions(amazon, place)
    put = amazon.put_object(**place, Body=b"test-delete")
    recording.is_like("put-object", put)
    deleted = delete_all(amazon, place, {"Key": key}, {"Key": "wrongkey"}, {"Key": "wrongkey-x"})
    recording.is_like("delete-objects-no-version-id", deleted)
    marker = deleted["Deleted"][0]["DeleteMarkerVersionId"]
    recording.is_like("delete-objects-marker", delete_all(amazon, place, {"Key": key, "VersionId": marker}))
    wrong = [{"Key": name, "VersionId": NOBODYS_VERSION} for name in (key, "wrong-key-2")]
    recording.is_like("delete-objects-wrong-version-id", delete_all(amazon, place, *wrong))
    answer = delete_all(amazon, place, {"Key": key, "VersionId": put["VersionId"]})
    recording.is_like("delete-objects-version-id", answer)


@replays("TestS3ObjectCRUD::test_get_object_with_version_unversioned_bucket")
def test_the_null_version_of_a_bucket_without_versions(amazon, place, recording):
    recording.is_like("put-object", amazon.put_object(**place, Body=b"test-version"))
    answer = refused(amazon.get_object, **place, VersionId=NOBODYS_VERSION)
    recording.is_refused_like("get-obj-with-version", answer)
    answer = amazon.get_object(**place, VersionId="null", ChecksumMode="ENABLED")
    recording.is_like("get-obj-with-null-version", answer)


@replays("TestS3ObjectCRUD::test_put_object_on_suspended_bucket")
def test_writes_where_versions_are_suspended(amazon, place, recording):
    place["Key"] = "test-version"
    keep_versions(amazon, place)
    for number in range(3):
        answer = amazon.put_object(**place, Body=f"test-version-{number}".encode())
        recording.is_like(f"put-object-{number}", answer)
    recording.is_like("list-enabled", listed(amazon, place))
    keep_versions(amazon, place, "Suspended")
    recording.is_like("list-suspended", listed(amazon, place))
    for put, after in (("", "put"), ("-overwrite", "overwrite")):
        answer = amazon.put_object(**place, Body=b"test-version-suspended")
        recording.is_like(f"put-object-suspended{put}", answer)
        recording.is_like(f"list-suspended-after-{after}", listed(amazon, place))
    recording.is_like("get-object-current", amazon.get_object(**place, ChecksumMode="ENABLED"))


@replays("TestS3ObjectCRUD::test_delete_object_on_suspended_bucket")
def test_deletions_where_versions_are_suspended(amazon, place, recording):
    place["Key"] = "test-delete-suspended"
    keep_versions(amazon, place)
    for number in range(2):
        answer = amazon.put_object(**place, Body=f"test-version-{number}".encode())
        recording.is_like(f"put-object-{number}", answer)
    keep_versions(amazon, place, "Suspended")
    recording.is_like("list-suspended", listed(amazon, place))
    recording.is_like("delete-object-no-version", amazon.delete_object(**place))
    recording.is_like("list-suspended-delete", listed(amazon, place))
    answer = amazon.put_object(**place, Body=b"test-version-suspended-after-delete")
    recording.is_like("put-object-suspended", answer)
    recording.is_like("list-suspended-put", listed(amazon, place))
    recording.is_like("delete-object-no-version-after-put", amazon.delete_object(**place))
    recording.is_like("list-suspended-after-put", listed(amazon, place))


@replays("TestS3ObjectCRUD::test_list_object_versions_order_unversioned")
def test_versions_are_listed_where_none_are_kept(amazon, place, recording):
    recording.is_like("list-empty", listed(amazon, place))
    for key, number, step in (("a", 1, ""), ("c", 3, "-3"), ("b", 2, "-2")):
        content = f"test-object-{number}"
        answer = amazon.put_object(Bucket=place["Bucket"], Key=f"{key}-{content}", Body=content.encode())
        recording.is_like(f"put-object{step}", answer)
    recording.is_like("list-object-versions", listed(amazon, place))


@replays("TestS3ListObjectVersions::test_list_objects_versions_markers")
def test_pages_of_versions(amazon, place, recording):
    bucket, keys, ids = place["Bucket"], ["test_0", "test_1", "test_2"], []
    keep_versions(amazon, place)
    put = lambda key, content: ids.append(amazon.put_object(Bucket=bucket, Key=key, Body=content)["VersionId"])
    for key in keys:
        put(key, b"version 1")
    put(keys[2], b"version 2")
    for key in keys:
        ids.append(amazon.delete_object(Bucket=bucket, Key=key)["VersionId"])
    for key in keys[:2]:
        put(key, b"version 2")
    made = {"ResponseMetadata": {"HTTPStatusCode": 200}, "Versions": [{"VersionId": id} for id in ids]}
    recording.is_like("version-order", made)
    recording.is_like("list-objects-versions-all", listed(amazon, place))
    page = listed(amazon, place, MaxKeys=5)
    recording.is_like("list-objects-versions-5", page)
    key, version = {"KeyMarker": page["NextKeyMarker"]}, {"VersionIdMarker": page["NextVersionIdMarker"]}
    recording.is_like("list-objects-next-key-only", listed(amazon, place, MaxKeys=1, **key))
    recording.is_like("list-objects-next-key-last", listed(amazon, place, MaxKeys=1, KeyMarker=keys[-1]))
    answer = refused(amazon.list_object_versions, Bucket=bucket, MaxKeys=1, **version)
    recording.is_refused_like("list-objects-next-version-only", answer)
    recording.is_like("list-objects-both-markers", listed(amazon, place, MaxKeys=1, **key, **version))
    answer = listed(amazon, place, MaxKeys=1, KeyMarker=keys[-1], VersionIdMarker=ids[3])
    recording.is_like("list-objects-last-key-last-version", answer)
    recording.is_like("list-objects-next-key-empty", listed(amazon, place, MaxKeys=1, KeyMarker=""))


@replays("TestS3ListObjectVersions::test_list_object_versions_pagination_common_prefixes")
def test_pages_of_versions_and_prefixes(amazon, place, recording):
    keep_versions(amazon, place)
    for name in ("aSubfolder/subFile1", "aSubfolder/subFile2", "file1", "file2"):
        amazon.put_object(Bucket=place["Bucket"], Key=f"folder/{name}", Body=b"content 123")
    recording.is_like("list-object-versions-all-keys", listed(amazon, place))
    below = {"Prefix": "folder/", "Delimiter": "/", "MaxKeys": 1}
    page = listed(amazon, place, **below)
    recording.is_like("list-object-versions-start", page)
    page = listed(amazon, place, **below, KeyMarker=page["NextKeyMarker"])
    recording.is_like("list-object-versions-next-1", page)
    page = listed(amazon, place, **below, KeyMarker=page["NextKeyMarker"])
    recording.is_like("list-object-versions-end", page)
    page = listed(amazon, place, **below, KeyMarker="folder/aSubfolder/subFile1")
    recording.is_like("list-object-versions-manual-first-file", page)


@replays("TestS3ListObjectVersions::test_list_objects_versions_with_prefix")
def test_versions_below_a_prefix(amazon, place, recording):
    keep_versions(amazon, place)
    for key in ("dir/test", "dir/subdir/test2"):
        for content in (b"v1", b"v2"):
            amazon.put_object(Bucket=place["Bucket"], Key=key, Body=content)
    prefixes = ("dir/", "dir/s", "dir/test", "dir/subdir", "dir/subdir/", "dir/subdir/test2")
    for number, prefix in enumerate(prefixes, start=1):
        answer = listed(amazon, place, Prefix=prefix, Delimiter="/")
        recording.is_like(f"list-object-version-{number}", answer)


def test_a_bucket_is_emptied_page_by_page(amazon, place):
    """As SDKs do it: a page is deleted before the next is asked for, so that markers name what is no more."""
    keep_versions(amazon, place)
    for number in range(5):
        amazon.put_object(**place, Body=f"{number}".encode())
    amazon.delete_object(**place)
    for page in amazon.get_paginator("list_object_versions").paginate(Bucket=place["Bucket"], MaxKeys=2):
        for one in page.get("Versions", []) + page.get("DeleteMarkers", []):
            amazon.delete_object(**place, VersionId=one["VersionId"])
    amazon.delete_bucket(Bucket=place["Bucket"])
