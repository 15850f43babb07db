"""Uploads by HTML forms in each mode of encryption."""

import base64
import hashlib

import pytest

from support import client, running_server
from test_recorded_forms import post, presigned

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
