"""What the tests are given: a server, clients, a bucket, a key."""

import secrets

import pytest

from support import REGION, client, running_server


@pytest.fixture(scope="session")
def endpoint():
    with running_server() as address:
        yield address


@pytest.fixture(scope="session")
def s3(endpoint):
    return client("s3", endpoint, s3={"addressing_style": "path"})


@pytest.fixture(scope="session")
def kms(endpoint):
    return client("kms", endpoint)


@pytest.fixture
def bucket(s3):
    """A bucket of its own for each test, which takes SSE-C as older buckets do."""
    name = f"test-{secrets.token_hex(8)}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
        "BlockedEncryptionTypes": {"EncryptionType": ["NONE"]},
    }
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    return name


@pytest.fixture
def customer_key():
    return {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": secrets.token_bytes(32)}
