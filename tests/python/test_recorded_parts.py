"""Part numbers and checksums: what Amazon answered, replayed."""

from recorded import refused, replays

MIB = 1024 * 1024


@replays("TestS3::test_get_object_part")
def test_parts_by_their_numbers(checksum_free, place, recording):
    amazon = checksum_free
    upload = {**place, "UploadId": amazon.create_multipart_upload(**place)["UploadId"]}
    bodies = [b"a" * 5 * MIB, b"b" * 10]
    etags = [amazon.upload_part(Body=body, PartNumber=number, **upload)["ETag"] for number, body in enumerate(bodies, 1)]
    parts = {"Parts": [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]}
    recording.is_like("multipart-upload", amazon.complete_multipart_upload(MultipartUpload=parts, **upload))
    head = amazon.head_object(PartNumber=2, **place)
    recording.is_like("head-object-part", head)
    assert (head["ContentLength"], head["PartsCount"]) == (10, 2)
    got = amazon.get_object(PartNumber=2, **place)
    recording.is_like("get-object-part", got)
    assert (got["Body"].read(), got["ContentRange"]) == (bodies[1], f"bytes {5 * MIB}-{5 * MIB + 9}/{5 * MIB + 10}")
    got = amazon.get_object(PartNumber=2, ChecksumMode="ENABLED", **place)
    recording.is_like("get-object-part-with-checksum", got)
    recording.is_refused_like("part-doesnt-exist", refused(amazon.get_object, PartNumber=10, **place))
    answer = refused(amazon.get_object, PartNumber=2, Range="bytes=0-8", **place)
    recording.is_refused_like("part-with-range", answer)
    whole, content = {**place, "Key": "whole"}, b"test-whole"
    amazon.put_object(Body=content, **whole)
    recording.is_refused_like("part-no-multipart", refused(amazon.get_object, PartNumber=2, **whole))
    got = amazon.get_object(PartNumber=1, ChecksumMode="ENABLED", **whole)
    recording.is_like("get-obj-no-multipart", got, content=content)


@replays("TestS3::test_get_object_part_checksum", "COMPOSITE", "FULL_OBJECT")
def test_checksums_of_parts(amazon, place, recording, variant):
    algorithm = {"ChecksumAlgorithm": "CRC32"}
    created = amazon.create_multipart_upload(ChecksumType=variant, **algorithm, **place)
    recording.is_like("create-mpu-checksum", created)
    upload, body = {**place, "UploadId": created["UploadId"]}, b"test-part-checksum"
    part = amazon.upload_part(Body=body, PartNumber=1, **algorithm, **upload)
    recording.is_like("upload-part", part, content=body)
    parts = [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}]
    completed = amazon.complete_multipart_upload(MultipartUpload={"Parts": parts}, ChecksumType=variant, **upload)
    recording.is_like("complete-multipart-checksum", completed)
    assert completed["ChecksumCRC32"].endswith("-1") == (variant == "COMPOSITE")
    head = amazon.head_object(PartNumber=1, ChecksumMode="ENABLED", **place)
    recording.is_like("head-object-part", head)
    got = amazon.get_object(PartNumber=1, ChecksumMode="ENABLED", **place)
    recording.is_like("get-object-part", got)
    assert head["ChecksumCRC32"] == got["ChecksumCRC32"] == part["ChecksumCRC32"]
