"""Uploads by HTML forms in each mode of encryption."""

import base64
import hashlib

import pytest

from recorded import refusal
from support import client, running_server
from test_recorded_forms import HTTP, post, presigned

CUSTOMER = "x-amz-server-side-encryption-customer"


def customer_fields(key):
    encode = lambda value: base64.b64encode(value).decode()
    md5 = encode(hashlib.md5(key["SSECustomerKey"]).digest())
    return {f"{CUSTOMER}-algorithm": "AES256", f"{CUSTOMER}-key": encode(key["SSECustomerKey"]), f"{CUSTOMER}-key-md5": md5}


def form(place, endpoint, fields):
    return presigned(place, endpoint, fields=fields, conditions=[{name: value} for name, value in fields.items()])


@pytest.mark.parametrize("mode", ["AES256", "aws:kms", "aws:kms:dsse"])
def test_a_form_says_how_to_encrypt(amazon, place, recorded_endpoint, mode):
    fields = {"x-amz-server-side-encryption": mode}
    assert post(form(place, recorded_endpoint, fields), "content") == (204, b"")
    got = amazon.get_object(**place)
    assert (got["ServerSideEncryption"], got["Body"].read()) == (mode, b"content")
    assert ("SSEKMSKeyId" in got) == (mode != "AES256")


def test_a_form_brings_a_customers_key(amazon, place, recorded_endpoint, customer_key):
    assert post(form(place, recorded_endpoint, customer_fields(customer_key)), "content")[0] == 204
    got = amazon.get_object(**place, **customer_key)
    assert (got["SSECustomerAlgorithm"], got["Body"].read()) == ("AES256", b"content")


def test_a_form_with_half_a_customers_key_stores_nothing(amazon, place, recorded_endpoint, customer_key):
    fields = customer_fields(customer_key)
    del fields[f"{CUSTOMER}-key"]
    status, document = post(form(place, recorded_endpoint, fields), "content")
    assert status == 400 and b"appropriate secret key" in document
    assert amazon.list_objects_v2(Bucket=place["Bucket"])["KeyCount"] == 0


@pytest.mark.parametrize("status", ["200", "201"])
def test_a_form_says_how_to_be_answered(place, recorded_endpoint, status):
    seen, document = post(form(place, recorded_endpoint, {"success_action_status": status}), "content")
    assert seen == int(status)
    assert (b"<Key>test-key</Key>" in document) == (status == "201")


def test_a_form_over_plain_http_has_no_keys(customer_key):
    with running_server("--sse-c-default", "allowed", "--strict-tls", region="us-east-1") as address:
        client("s3", address, region="us-east-1", s3={"addressing_style": "path"}).create_bucket(Bucket="strict")
        place = {"Bucket": "strict", "Key": "test-key"}
        for fields in (customer_fields(customer_key), {"x-amz-server-side-encryption": "aws:kms"}):
            status, document = post(form(place, address, fields), "content")
            assert status == 400 and b"secure connection" in document


@pytest.fixture
def ranged(place, recorded_endpoint):
    """A form whose file has 2 to 4 bytes."""
    return presigned(place, recorded_endpoint, conditions=[["content-length-range", 2, 4]])


def test_a_policy_limits_the_length_of_the_file(ranged, amazon, place):
    assert [post(ranged, "x" * length)[0] for length in (2, 4)] == [204, 204]
    assert refusal(post(ranged, "x")) == (
        400,
        {
            "Code": "EntityTooSmall",
            "Message": "Your proposed upload is smaller than the minimum allowed size",
            "ProposedSize": "1",
            "MinSizeAllowed": "2",
        },
    )
    status, fields = refusal(post(ranged, "x" * 300_000))
    assert (status, fields["Code"], fields["ProposedSize"], fields["MaxSizeAllowed"]) == (400, "EntityTooLarge", "300000", "4")
    assert amazon.get_object(**place)["Body"].read() == b"xxxx"


def test_a_field_that_no_condition_names_is_refused(place, recorded_endpoint):
    signed = presigned(place, recorded_endpoint)
    status, fields = refusal(post(signed, change={"x-amz-meta-other": "1"}))
    assert (status, fields["Code"]) == (403, "AccessDenied")
    assert fields["Message"] == "Invalid according to Policy: Extra input fields: x-amz-meta-other"
    assert post(signed, change={"x-ignore-other": "1"})[0] == 204


def test_a_value_has_to_start_as_its_condition_says(place, recorded_endpoint):
    signed = presigned(place, recorded_endpoint, conditions=[["starts-with", "$Content-Type", "image/"]])
    assert post(signed, change={"Content-Type": "image/png"})[0] == 204
    for change in ({"Content-Type": "text/html"}, {"Content-Type": "image/png, text/html"}, {}):
        status, fields = refusal(post(signed, change=change))
        assert status == 403 and fields["Message"].endswith('Policy Condition failed: ["starts-with", "$Content-Type", "image/"]')


def test_the_keys_placeholder_is_the_files_name(amazon, place, recorded_endpoint):
    signed = presigned({**place, "Key": "user/${filename}"}, recorded_endpoint)
    assert post(signed, "content", filename="cat & dog.txt")[0] == 204
    assert amazon.get_object(Bucket=place["Bucket"], Key="user/cat & dog.txt")["Body"].read() == b"content"


def test_a_form_sends_its_reader_on(place, recorded_endpoint):
    url, fields = form(place, recorded_endpoint, {"success_action_redirect": "https://page.test/done?a=b"})
    answer = HTTP.request("POST", url, fields={**fields, "file": ("f", "x")}, redirect=False)
    etag = hashlib.md5(b"x").hexdigest()
    place_to_go = f"https://page.test/done?a=b&bucket={place['Bucket']}&key=test-key&etag=%22{etag}%22"
    assert (answer.status, answer.headers["Location"]) == (303, place_to_go)


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_large_file_with_tags_and_headers(amazon, place, recorded_endpoint, version):
    content = b"0123456789abcdef" * (1 << 17)
    fields = {
        "tagging": "<Tagging><TagSet><Tag><Key>a b</Key><Value>c+d</Value></Tag></TagSet></Tagging>",
        "Cache-Control": "no-cache",
        "Content-Disposition": 'attachment; filename="x"',
        "x-amz-checksum-sha256": base64.b64encode(hashlib.sha256(content).digest()).decode(),
    }
    conditions = [{name: value} for name, value in fields.items()]
    answer = post(presigned(place, recorded_endpoint, version=version, fields=fields, conditions=conditions), content)
    assert answer == (204, b"")
    got = amazon.get_object(ChecksumMode="ENABLED", **place)
    assert got["Body"].read() == content
    assert (got["CacheControl"], got["ContentDisposition"]) == ("no-cache", 'attachment; filename="x"')
    assert got["ChecksumSHA256"] == fields["x-amz-checksum-sha256"]


def test_a_checksum_that_is_not_the_files_stores_nothing(amazon, place, recorded_endpoint):
    wrong = {"x-amz-checksum-sha256": base64.b64encode(hashlib.sha256(b"other").digest()).decode()}
    assert refusal(post(form(place, recorded_endpoint, wrong)))[1]["Code"] == "BadDigest"
    assert amazon.list_objects_v2(Bucket=place["Bucket"])["KeyCount"] == 0


def test_a_form_writes_and_does_nothing_else(amazon, place, recorded_endpoint):
    amazon.put_object(Body=b"secret", **{**place, "Key": "other"})
    fields = {"x-amz-copy-source": f"{place['Bucket']}/other", "x-amz-content-sha256": "0" * 64}
    assert post(form(place, recorded_endpoint, fields), "content")[0] == 204
    assert amazon.get_object(**place)["Body"].read() == b"content"


def test_a_form_without_a_file_and_with_too_much_else(place, recorded_endpoint):
    url, fields = presigned(place, recorded_endpoint)
    answer = HTTP.request("POST", url, fields=fields)
    status, refused = refusal((answer.status, answer.data))
    assert (status, refused["Code"], refused["ArgumentName"]) == (400, "InvalidArgument", "file")
    status, refused = refusal(post((url, {"x-ignore-a": "a" * 20480, **fields})))
    assert (status, refused["Code"]) == (400, "MaxPostPreDataLengthExceeded")
