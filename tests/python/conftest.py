"""The native storage server, started for the tests, and clients of AWS's SDK that talk to it."""

import os
import secrets
import subprocess

import boto3
import pytest
from botocore.config import Config

REGION = "eu-central-1"
CREDENTIALS = {
    "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}


@pytest.fixture(scope="session")
def endpoint():
    """The address of a server of our own, on a port that is free."""
    server = subprocess.Popen(
        [os.environ["S3_STORAGE_SIM"], "--listen", "127.0.0.1:0", "--region", REGION, "--kms-key", "one"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        for line in server.stdout:
            if line.startswith("listening on "):
                yield line.split()[-1]
                break
        else:
            pytest.fail("the server ended without listening")
    finally:
        server.kill()
        server.wait()


def client(service, endpoint, **settings):
    config = Config(signature_version="s3v4" if service == "s3" else "v4", retries={"total_max_attempts": 1}, **settings)
    return boto3.client(service, endpoint_url=endpoint, region_name=REGION, config=config, **CREDENTIALS)


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
