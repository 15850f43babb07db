"""The AWS CLI against the server, as people type it."""

import json
import os
import secrets
import subprocess
import sys

import pytest

from support import CREDENTIALS, REGION, own_environment

MIB = 1024 * 1024
# The CLI sends files of 8 MiB and more in parts.
CONTENT = secrets.token_bytes(9 * MIB + 5)


def environment():
    """The CLI's environment: nothing of what the person who runs the tests has set up for it."""
    credentials = {name.upper(): value for name, value in CREDENTIALS.items()}
    how = {"AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1", "AWS_DEFAULT_REGION": REGION}
    return {**own_environment(), **how, **credentials}


@pytest.fixture
def aws(endpoint):
    """Runs a command and gives its exit status and all that it printed."""

    def run(*arguments):
        command = [sys.executable, "-m", "awscli", "--endpoint-url", endpoint, *map(str, arguments)]
        ended = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=120)
        return ended.returncode, ended.stdout + ended.stderr

    return run


@pytest.fixture
def ok(aws):
    """Runs a command that must succeed, and gives what it printed."""

    def run(*arguments):
        status, output = aws(*arguments)
        assert status == 0, output
        return output

    return run


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "large.bin"
    path.write_bytes(CONTENT)
    return path


def modes(folder):
    """For each mode: the flags that write, the flags of `s3` that read, and those of `s3api`."""
    key = folder / "key.bin"
    key.write_bytes(secrets.token_bytes(32))
    customer = ["--sse-c", "AES256", "--sse-c-key", f"fileb://{key}"]
    customer_api = ["--sse-customer-algorithm", "AES256", "--sse-customer-key", f"fileb://{key}"]
    return {
        "default": ([], [], []),
        "kms": (["--sse", "aws:kms", "--sse-kms-key-id", "alias/one"], [], []),
        "customer": (customer, customer, customer_api),
    }


@pytest.mark.parametrize("mode", ["default", "kms", "customer"])
def test_a_large_file_goes_up_in_parts_and_comes_back(ok, bucket, kms, file, tmp_path, mode):
    write, read, read_api = modes(tmp_path)[mode]
    ok("s3", "cp", file, f"s3://{bucket}/in/{mode}", *write)
    head = json.loads(ok("s3api", "head-object", "--bucket", bucket, "--key", f"in/{mode}", *read_api))
    assert (head["ContentLength"], head["ETag"][-3:]) == (len(CONTENT), '-2"')
    arn = kms.describe_key(KeyId="alias/one")["KeyMetadata"]["Arn"]
    seen = [head.get(name) for name in ("ServerSideEncryption", "SSEKMSKeyId", "SSECustomerAlgorithm")]
    expected = {"default": ["AES256", None, None], "kms": ["aws:kms", arn, None], "customer": [None, None, "AES256"]}
    assert seen == expected[mode]
    ok("s3", "cp", f"s3://{bucket}/in/{mode}", tmp_path / "back.bin", *read)
    assert (tmp_path / "back.bin").read_bytes() == CONTENT


def test_a_customer_key_is_wanted_again(aws, ok, bucket, file, tmp_path):
    write, _, _ = modes(tmp_path)["customer"]
    ok("s3", "cp", file, f"s3://{bucket}/k", *write)
    status, output = aws("s3", "cp", f"s3://{bucket}/k", tmp_path / "back.bin")
    assert status == 1 and "(400)" in output, output
    assert not (tmp_path / "back.bin").exists()


def test_what_is_listed_can_be_removed(ok, aws, bucket, tmp_path):
    small = tmp_path / "small.txt"
    small.write_text("content")
    for name in ("a.txt", "folder/b.txt", "folder/c d.txt"):
        ok("s3", "cp", small, f"s3://{bucket}/{name}")
    assert bucket in ok("s3", "ls")
    top = [line.split(maxsplit=3)[-2:] for line in ok("s3", "ls", f"s3://{bucket}/").splitlines()]
    assert top == [["PRE", "folder/"], ["7", "a.txt"]]
    below = ok("s3", "ls", f"s3://{bucket}/folder/").splitlines()
    assert [line.split(maxsplit=3)[-1] for line in below] == ["b.txt", "c d.txt"]
    ok("s3", "rm", f"s3://{bucket}/a.txt")
    status, output = aws("s3api", "head-object", "--bucket", bucket, "--key", "a.txt")
    assert status != 0 and "404" in output, output
    ok("s3", "rm", "--recursive", f"s3://{bucket}/folder")
    assert ok("s3", "ls", f"s3://{bucket}/") == ""
