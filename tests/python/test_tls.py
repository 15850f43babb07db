"""The server over TLS, as AWS's own SDK uses it."""

import secrets

import pytest
import trustme
from botocore.exceptions import SSLError

from support import client, running_server

CONTENT = secrets.token_bytes(200_000)
BUCKET = {"Bucket": "tls"}


class TlsServer:
    def __init__(self, address, authority):
        self.address = address
        self.authority = authority

    def s3(self, authority=None):
        return client("s3", self.address, verify=authority or self.authority, s3={"addressing_style": "path"})


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server whose certificate comes from an authority that nobody trusts but who is given its file."""
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    names = [str(folder / name) for name in ("authority.pem", "certificate.pem", "key.pem")]
    authority.cert_pem.write_to_path(names[0])
    certificate.cert_chain_pems[0].write_to_path(names[1])
    certificate.private_key_pem.write_to_path(names[2])
    with running_server("--sse-c-default", "allowed", "--tls-cert", names[1], "--tls-key", names[2]) as address:
        server = TlsServer(address, names[0])
        server.s3().create_bucket(**BUCKET)
        yield server


@pytest.mark.parametrize("mode", ["AES256", "customer"])
def test_objects_come_back_over_tls(server, customer_key, mode):
    assert server.address.startswith("https://")
    write, read = (customer_key, customer_key) if mode == "customer" else ({"ServerSideEncryption": mode}, {})
    put = server.s3().put_object(Key=mode, Body=CONTENT, **BUCKET, **write)
    got = server.s3().get_object(Key=mode, **BUCKET, **read)
    assert got["Body"].read() == CONTENT
    for answer in (put, got):
        seen = answer.get("ServerSideEncryption"), answer.get("SSECustomerAlgorithm")
        assert seen == ((None, "AES256") if mode == "customer" else (mode, None))


def test_a_client_that_does_not_trust_the_authority_sends_nothing(server, tmp_path):
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    with pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        server.s3(str(other)).list_buckets()
