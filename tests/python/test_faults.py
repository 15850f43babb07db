"""Answers that fail on purpose, as AWS's SDK meets them."""

import secrets

import pytest
import urllib3
from botocore.exceptions import ConnectionClosedError, FlexibleChecksumError, ReadTimeoutError, ResponseStreamingError

from recorded import refused
from support import REGION, client, inspected_server

HTTP = urllib3.PoolManager(retries=False)


@pytest.fixture(scope="module")
def servers():
    with inspected_server() as addresses:
        yield addresses


@pytest.fixture
def fail(servers):
    """Sets one rule, which is gone afterwards."""

    def fail(operation, fault, **others):
        rules = [{"operation": operation, "fault": fault, **others}]
        answer = HTTP.request("PUT", f"{servers[1]}/faults", json=rules)
        assert answer.status == 200, answer.data

    yield fail
    HTTP.request("PUT", f"{servers[1]}/faults", json=[])


@pytest.fixture
def s3(servers):
    """Gives clients with as many attempts as are wanted."""

    def s3(attempts=1, timeout=30):
        return client("s3", servers[0], attempts=attempts, read_timeout=timeout, s3={"addressing_style": "path"})

    return s3


@pytest.fixture
def place(s3):
    name = f"faults-{secrets.token_hex(8)}"
    s3().create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3().put_object(Bucket=name, Key="key", Body=b"content" * 1000)
    return {"Bucket": name, "Key": "key"}


@pytest.mark.parametrize("fault, status", [("slow-down", 503), ("internal-error", 500)])
def test_an_sdk_tries_again_after_an_error(fail, s3, place, fault, status):
    fail("GetObject", fault)
    assert refused(s3().get_object, **place).response["ResponseMetadata"]["HTTPStatusCode"] == status
    fail("GetObject", fault, times=2)
    answer = s3(attempts=3).get_object(**place)
    assert answer["Body"].read() == b"content" * 1000
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2


def test_an_answer_is_lost_though_the_work_was_done(fail, s3, place):
    fail("PutObject", "reset")
    with pytest.raises(ConnectionClosedError):
        s3().put_object(Body=b"other", **place)
    assert s3().get_object(**place)["Body"].read() == b"other"
    fail("PutObject", "reset")
    answer = s3(attempts=2).put_object(Body=b"another", **place)
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1
    assert s3().get_object(**place)["Body"].read() == b"another"


def test_an_answer_that_never_comes(fail, s3, place):
    fail("HeadObject", "stall")
    with pytest.raises(ReadTimeoutError):
        s3(timeout=0.5).head_object(**place)
    assert s3().head_object(**place)["ContentLength"] == 7000


def test_bodies_are_cut_off_and_altered(fail, s3, place):
    fail("GetObject", "truncated-body")
    with pytest.raises(ResponseStreamingError):
        s3().get_object(**place)["Body"].read()
    fail("GetObject", "corrupted-body")
    with pytest.raises(FlexibleChecksumError):
        s3().get_object(ChecksumMode="ENABLED", **place)["Body"].read()


def test_rules_that_can_hit_nothing_are_refused(servers):
    for rule in ({"operation": "GetObjects", "fault": "reset"}, {"fault": "reset", "nth": 0}, {"fault": "fire"}, {}):
        answer = HTTP.request("PUT", f"{servers[1]}/faults", json=[rule])
        assert answer.status == 400 and answer.data, rule
    assert HTTP.request("GET", f"{servers[1]}/faults").json() == []
