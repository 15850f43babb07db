"""The native storage server, and clients of AWS's SDK that talk to it."""

import contextlib
import os
import subprocess

import boto3
from botocore.config import Config


def own_environment():
    """Nothing of what the person who runs the tests has set up for AWS, and no proxy on the way to this machine."""
    ours = {name: value for name, value in os.environ.items() if not name.upper().startswith("AWS_")}
    for name in [name for name in ours if name.upper().endswith("_PROXY")]:
        del ours[name]
    files = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    # Without this systems are asked for a proxy that have settings of their own.
    return {**ours, **files, "AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "*"}


_ENVIRONMENT = own_environment()
os.environ.clear()
os.environ.update(_ENVIRONMENT)

REGION = "eu-central-1"
CREDENTIALS = {
    "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
# A second user, who is there where the server is told of `USERS`.
OTHER_CREDENTIALS = {
    "aws_access_key_id": "AKIAI44QH8DHBEXAMPLE",
    "aws_secret_access_key": "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
}
USERS = [
    {"access_key": one["aws_access_key_id"], "secret_key": one["aws_secret_access_key"], "user_id": name, "display_name": name}
    for name, one in {"demo": CREDENTIALS, "other": OTHER_CREDENTIALS}.items()
]


def server_command(*arguments, region=REGION):
    """The command of a server on a port that is free."""
    return [os.environ["S3_STORAGE_SIM"], "--listen", "127.0.0.1:0", "--region", region, "--kms-key", "one", *arguments]


@contextlib.contextmanager
def started(*arguments, region):
    """A server of its own on a port that is free."""
    server = subprocess.Popen(server_command(*arguments, region=region), stdout=subprocess.PIPE, text=True)
    try:
        yield server
    finally:
        server.kill()
        server.wait()


@contextlib.contextmanager
def running_server(*arguments, region=REGION):
    """Runs a server, and gives its address."""
    with started(*arguments, region=region) as server:
        yield listening_address(server)


@contextlib.contextmanager
def inspected_server(*arguments, region=REGION):
    """Runs a server that shows what lies at rest, and gives its address, and that of the view."""
    with started("--inspection", "127.0.0.1:0", *arguments, region=region) as server:
        view = next(line.split()[-1] for line in server.stdout if line.startswith("inspection"))
        yield listening_address(server), view


def listening_address(server):
    for line in server.stdout:
        if line.startswith("listening on "):
            return line.split()[-1]
    raise RuntimeError("the server ended without listening")


def client(
    service, endpoint, verify=None, region=REGION, credentials=CREDENTIALS, signature=None, attempts=1, **settings
):
    """A client that tries once, unless told otherwise; `verify` is the file of the only authority that it trusts."""
    signature = signature or ("s3v4" if service == "s3" else "v4")
    retries = {"total_max_attempts": attempts, "mode": "standard"}
    config = Config(signature_version=signature, retries=retries, **settings)
    return boto3.client(service, endpoint_url=endpoint, region_name=region, config=config, verify=verify, **credentials)
