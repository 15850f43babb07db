"""Listings of uploads under way: what Amazon answered, replayed."""

from recorded import refused, replays


def listed(amazon, place, **arguments):
    """A listing, with what the recordings kept of it."""
    listing = amazon.list_multipart_uploads(Bucket=place["Bucket"], **arguments)
    if "Uploads" in listing:
        listing["Uploads"] = [{name: one[name] for name in ("Key", "UploadId")} for one in listing["Uploads"]]
    return listing


def begin(amazon, place, key):
    return amazon.create_multipart_upload(Bucket=place["Bucket"], Key=key)["UploadId"]


@replays("TestS3ListMultipartUploads::test_list_multiparts_next_marker")
def test_pages(amazon, place, recording):
    recording.is_like("list-multiparts-empty", listed(amazon, place))
    keys = ["test_c", "test_b", "test_a"]
    ids = [begin(amazon, place, key) for key in (*keys, keys[-1], keys[-1])]
    made = {"ResponseMetadata": {"HTTPStatusCode": 200}, "Uploads": [{"UploadId": id} for id in ids]}
    recording.is_like("upload-ids-order", made)
    recording.is_like("list-multiparts-all", listed(amazon, place))
    one = lambda **markers: listed(amazon, place, MaxUploads=1, **markers)
    page = one()
    recording.is_like("list-multiparts-max-1", page)
    key, upload = {"KeyMarker": page["NextKeyMarker"]}, {"UploadIdMarker": page["NextUploadIdMarker"]}
    recording.is_like("list-multiparts-next-key-only", one(**key))
    recording.is_like("list-multiparts-next-key-last", one(KeyMarker=keys[0]))
    recording.is_like("list-multiparts-next-upload-only", one(**upload))
    recording.is_like("list-multiparts-both-markers", one(**key, **upload))
    recording.is_like("list-multiparts-both-markers-2", one(**key, UploadIdMarker=ids[-1]))
    answer = one(KeyMarker=keys[1], UploadIdMarker=ids[1])
    recording.is_like("list-multiparts-get-last-upload-no-truncate", answer)
    assert not answer["IsTruncated"]
    arguments = {"Bucket": place["Bucket"], "KeyMarker": keys[0], "UploadIdMarker": ids[1]}
    recording.is_refused_like("list-multiparts-wrong-id-for-key", refused(amazon.list_multipart_uploads, **arguments))
    recording.is_like("list-multiparts-next-key-empty", one(KeyMarker=""))


@replays("TestS3ListMultipartUploads::test_list_multiparts_with_prefix_and_delimiter")
def test_prefixes(amazon, place, recording):
    for key in ("test/foo/bar/123", "test/foo/bar/456", "test/bar/foo/123"):
        begin(amazon, place, key)
    for number, prefix in enumerate(("test/", "test/foo/", "test/foo/bar"), start=1):
        answer = listed(amazon, place, Prefix=prefix, Delimiter="/", EncodingType="url")
        recording.is_like(f"list-multiparts-{number}", answer)


@replays("TestS3ListMultipartUploads::test_list_multipart_uploads_marker_common_prefixes")
def test_pages_of_prefixes(amazon, place, recording):
    for name in ("aSubfolder/subFile1", "aSubfolder/subFile2", "file1", "file2"):
        begin(amazon, place, f"folder/{name}")
    below = {"Prefix": "folder/", "Delimiter": "/", "MaxUploads": 1}
    recording.is_like("list-multiparts-start", listed(amazon, place, **below))
    answer = listed(amazon, place, **below, KeyMarker="folder/aSubfolder/")
    recording.is_like("list-multiparts-manual-prefix", answer)
    answer = listed(amazon, place, **below, KeyMarker="folder/aSubfolder/subFile1")
    recording.is_like("list-multiparts-manual-first-file", answer)


def test_uploads_are_aborted_page_by_page(amazon, place):
    """A page is aborted before the next is asked for, so that markers name what is no more."""
    for _ in range(5):
        begin(amazon, place, "k")
    for page in amazon.get_paginator("list_multipart_uploads").paginate(Bucket=place["Bucket"], MaxUploads=2):
        for one in page.get("Uploads", []):
            amazon.abort_multipart_upload(Bucket=place["Bucket"], Key=one["Key"], UploadId=one["UploadId"])
    assert "Uploads" not in amazon.list_multipart_uploads(Bucket=place["Bucket"])
