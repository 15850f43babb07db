"""Keys over plain HTTP from this machine: taken by default, refused where the server is told to be strict."""

import pytest
from botocore.exceptions import ClientError

from support import client, running_server


@pytest.fixture(scope="module")
def strict():
    with running_server("--sse-c-default", "allowed", "--strict-tls") as address:
        s3 = client("s3", address, s3={"addressing_style": "path"})
        s3.create_bucket(Bucket="strict")
        yield s3


def test_a_strict_server_takes_no_customer_key(strict, customer_key):
    with pytest.raises(ClientError, match="InvalidRequest.*secure connection"):
        strict.put_object(Bucket="strict", Key="k", Body=b"x", **customer_key)


@pytest.mark.parametrize("mode", ["aws:kms", "aws:kms:dsse"])
def test_a_strict_server_takes_no_kms_key(strict, mode):
    with pytest.raises(ClientError, match="InvalidArgument.*secure connection"):
        strict.put_object(Bucket="strict", Key="k", Body=b"x", ServerSideEncryption=mode)


def test_a_strict_server_takes_everything_else(strict):
    strict.put_object(Bucket="strict", Key="k", Body=b"x")
    assert strict.get_object(Bucket="strict", Key="k")["Body"].read() == b"x"


def test_by_default_this_machine_is_trusted(s3, bucket, customer_key):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **customer_key)
    assert s3.get_object(Bucket=bucket, Key="k", **customer_key)["Body"].read() == b"x"
