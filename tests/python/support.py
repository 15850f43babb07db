"""The native storage server, and clients of AWS's SDK that talk to it."""

import contextlib
import os
import subprocess

import boto3
from botocore.config import Config

REGION = "eu-central-1"
CREDENTIALS = {
    "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}


@contextlib.contextmanager
def running_server(*arguments):
    """Runs a server of its own on a port that is free, and gives its address."""
    server = subprocess.Popen(
        [os.environ["S3_STORAGE_SIM"], "--listen", "127.0.0.1:0", "--region", REGION, "--kms-key", "one", *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield listening_address(server)
    finally:
        server.kill()
        server.wait()


def listening_address(server):
    for line in server.stdout:
        if line.startswith("listening on "):
            return line.split()[-1]
    raise RuntimeError("the server ended without listening")


def client(service, endpoint, verify=None, **settings):
    """A client that tries once; `verify` is the file of the only authority that it trusts."""
    config = Config(signature_version="s3v4" if service == "s3" else "v4", retries={"total_max_attempts": 1}, **settings)
    return boto3.client(service, endpoint_url=endpoint, region_name=REGION, config=config, verify=verify, **CREDENTIALS)
