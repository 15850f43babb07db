"""What the tests are given: a server, clients, a bucket, a key."""

import json
import secrets

import pytest

from recorded import Recording
from support import REGION, USERS, client, running_server


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


@pytest.fixture
def recording(scenario):
    """What Amazon answered in a scenario."""
    return Recording(scenario)


@pytest.fixture(scope="session")
def recorded_endpoint(tmp_path_factory):
    """A server as S3 was when the answers were recorded, with two users."""
    users = tmp_path_factory.mktemp("recorded") / "users.json"
    users.write_text(json.dumps(USERS))
    arguments = ["--sse-c-default", "allowed", "--credentials", str(users)]
    with running_server(*arguments, region="us-east-1") as address:
        yield address


@pytest.fixture(scope="session")
def amazon(recorded_endpoint):
    return client("s3", recorded_endpoint, region="us-east-1", s3={"addressing_style": "path"})


@pytest.fixture(scope="session")
def checksum_free(recorded_endpoint):
    """A client that adds no checksum of its own, as SDKs were before 2025."""
    settings = {"request_checksum_calculation": "when_required", "s3": {"addressing_style": "path"}}
    return client("s3", recorded_endpoint, region="us-east-1", **settings)


@pytest.fixture(scope="session")
def amazon_kms(recorded_endpoint):
    return client("kms", recorded_endpoint, region="us-east-1")


@pytest.fixture
def key(amazon_kms):
    """A fresh key of KMS, as it describes itself."""
    return amazon_kms.create_key()["KeyMetadata"]


@pytest.fixture
def place(amazon):
    """A fresh bucket with a key in it, as arguments."""
    name = f"recorded-{secrets.token_hex(8)}"
    amazon.create_bucket(Bucket=name)
    return {"Bucket": name, "Key": "test-key"}
