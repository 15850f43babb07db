"""Uploads by HTML forms (POST Object): what Amazon answered, replayed."""

import base64
import json
from email.utils import formatdate

import pytest
import urllib3

from recorded import replays
from support import OTHER_CREDENTIALS, client

REDIRECT = "http://localhost.test/random"
HTTP = urllib3.PoolManager(retries=False)


def presigned(place, recorded_endpoint, *, version="s3v4", expires=60, credentials=None, fields=None, conditions=None):
    """The address and the fields of a form, as boto3 signs them."""
    signer = client(
        "s3",
        recorded_endpoint,
        region="us-east-1",
        signature=version,
        s3={"addressing_style": "path"},
        **({"credentials": credentials} if credentials else {}),
    )
    made = signer.generate_presigned_post(Fields=fields, Conditions=conditions, ExpiresIn=expires, **place)
    return made["url"], made["fields"]


def post(form, content="file content", filename="file", drop=(), change=None):
    """Sends a form and gives the status and the document of the answer."""
    url, fields = form
    fields = {name: value for name, value in {**fields, **(change or {})}.items() if name not in drop}
    file = {"file": content if filename is None else (filename, content)}
    answer = HTTP.request("POST", url, fields={**fields, **file}, redirect=False)
    return answer.status, answer.data


@pytest.fixture
def form(place, recorded_endpoint):
    return lambda **settings: presigned(place, recorded_endpoint, **settings)


@replays("TestS3PresignedPost::test_post_request_expires")
def test_an_expired_policy(form, recording):
    recording.is_refused_like("exception", post(form(expires=-60)))


@replays("TestS3PresignedPost::test_post_request_malformed_policy", "s3", "s3v4")
def test_a_policy_that_was_altered(form, recording, variant):
    url, fields = form(version=variant)
    altered = json.loads(base64.b64decode(fields["policy"]))
    altered["conditions"].append(["starts-with", "$x-ignore-a", ""])
    fields["policy"] = base64.b64encode(json.dumps(altered).encode()).decode()
    answer = post((url, fields))
    recording.is_refused_like("exception-policy", answer)
    assert fields["policy"].encode() in answer[1]
    assert fields["signature" if variant == "s3" else "x-amz-signature"].encode() in answer[1]


@replays("TestS3PresignedPost::test_post_request_missing_signature", "s3", "s3v4")
def test_a_missing_signature(form, recording, variant):
    answer = post(form(version=variant), drop={"signature", "x-amz-signature"})
    recording.is_refused_like("exception-missing-signature", answer)


@replays("TestS3PresignedPost::test_post_request_missing_fields", "s3", "s3v4")
def test_other_fields_of_the_signature_missing(form, recording, variant):
    signed = form(version=variant)
    answer = post(signed, drop={"AWSAccessKeyId", "x-amz-algorithm", "x-amz-credential"})
    recording.is_refused_like("exception-missing-fields", answer)
    others = {"AWSAccessKeyId", "signature", *(name for name in signed[1] if name.startswith("x-amz-"))}
    recording.is_refused_like("exception-no-sig-related-fields", post(signed, drop=others))


@replays("TestS3PresignedPost::test_post_object_with_tags[notxml]")
def test_tags_that_are_no_document(form, recording):
    tagging = {"tagging": "not-xml"}
    answer = post(form(fields=tagging, conditions=[tagging]))
    recording.is_refused_like("tagging-error", answer, status=400)


@replays("TestS3PresignedPost::test_post_object_with_metadata")
def test_metadata(form, amazon, place, recording):
    fields = {"x-amz-meta-test-1": "one", "x-amz-meta-TEST-2": "two", "Content-Type": "text/plain"}
    fields["Expires"] = formatdate(usegmt=True)
    conditions = [["eq", f"${name}", value] for name, value in fields.items()]
    assert post(form(fields=fields, conditions=conditions), "test-body-tagging") == (204, b"")
    head = amazon.head_object(**place)
    recording.is_like("head-object", head)
    assert (head["Metadata"], head["ContentType"]) == ({"test-1": "one", "test-2": "two"}, "text/plain")
    assert head["ExpiresString"] == fields["Expires"]


@replays("TestS3PresignedPost::test_post_object_with_storage_class")
def test_storage_classes(form, amazon, place, recording):
    def send(name):
        storage_class = {"x-amz-storage-class": name}
        return post(form(fields=storage_class, conditions=[storage_class]), "test-body-storage-class")

    assert send("STANDARD_IA")[0] == 204
    head = amazon.head_object(**place)
    recording.is_like("head-object", head)
    assert head["StorageClass"] == "STANDARD_IA"
    recording.is_refused_like("invalid-storage-error", send("FakeClass"), status=400)


@replays("TestS3PresignedPost::test_post_object_with_wrong_content_type")
def test_a_form_of_another_encoding(form, recording):
    url, fields = form()
    answer = HTTP.request("POST", url, fields={**fields, "file": "content"}, encode_multipart=False)
    recording.is_refused_like("invalid-content-type-error", (answer.status, answer.data), status=412)


@replays("TestS3PresignedPost::test_post_object_with_file_as_string")
def test_a_file_without_a_name(form, amazon, place, recording):
    assert post(form(), "test", filename=None)[0] == 204
    recording.is_like("head-object", amazon.head_object(**place), content=b"test")


@replays("TestS3PresignedPost::test_post_object_default_checksum")
def test_the_default_checksum(form, amazon, place, recording):
    assert post(form(), "test-body-tagging")[0] == 204
    head = amazon.head_object(ChecksumMode="ENABLED", **place)
    recording.is_like("head-object", head)
    assert "ChecksumCRC64NVME" in head


@replays("TestS3PresignedPost::test_post_object_with_unicode_metadata")
def test_metadata_beyond_ascii(form, amazon, place, recording):
    fields = {"x-amz-meta-test-1": "één ✓"}
    assert post(form(fields=fields, conditions=[fields]), "test-body-tagging")[0] == 204
    recording.is_like("head-object", amazon.head_object(**place))


@replays("TestS3PresignedPost::test_presigned_post_with_different_user_credentials")
def test_another_users_signature(form, amazon, place, recording):
    assert post(form(credentials=OTHER_CREDENTIALS), "test")[0] == 204
    recording.is_like("get-obj", amazon.get_object(**place), content=b"test")


@replays("TestS3PresignedPost::test_post_object_policy_conditions_validation_eq")
def test_conditions(form, amazon, place, recording):
    def send(*conditions, change=None, **fields):
        return post(form(fields=fields, conditions=list(conditions)), "test", change=change)

    redirect = {"success_action_redirect": REDIRECT}
    answer = send(["eq", "$success_action_redirect", REDIRECT], change={"success_action_redirect": "http://w.test/"}, **redirect)
    recording.is_refused_like("invalid-condition-eq", answer, status=403)
    answer = send(["eq", "success_action_redirect", REDIRECT], **redirect)
    recording.is_refused_like("invalid-condition-missing-prefix", answer, status=403)
    answer = send({"bucket": place["Bucket"], **redirect}, **redirect)
    recording.is_refused_like("invalid-condition-wrong-condition", answer, status=400)
    answer = send(["eq", "$success_action_redirect", REDIRECT.replace("http:", "HTTP:")], **redirect)
    recording.is_refused_like("invalid-condition-wrong-value-casing", answer, status=403)

    fields = {"x-amz-meta-test-1": "one", "x-amz-meta-TEST-2": "two", "Content-Type": "text/plain"}
    conditions = [["eq", f"${name.lower()}", value] for name, value in fields.items()]
    assert send(*conditions, **fields)[0] == 204
    recording.is_like("head-object-metadata", amazon.head_object(**place), content=b"test")
    assert send(["eq", "$success_Action_REDIRECT", REDIRECT], **redirect)[0] == 303
    recording.is_like("final-object", amazon.get_object(**place), content=b"test")
