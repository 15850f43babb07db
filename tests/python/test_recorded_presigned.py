"""Presigned URLs: what Amazon answered, replayed."""

import base64
import hashlib
import urllib.parse
from datetime import datetime, timedelta, timezone

import pytest
import urllib3
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from recorded import replays
from support import CREDENTIALS, client

HTTP = urllib3.PoolManager(retries=False)


@pytest.fixture
def presign(place, recorded_endpoint):
    """Signs a URL with the version of signature that a scenario is about."""

    def presign(operation, version="s3v4", expires=60, **parameters):
        signer = client("s3", recorded_endpoint, region="us-east-1", signature=version, s3={"addressing_style": "path"})
        return signer.generate_presigned_url(operation, Params={**place, **parameters}, ExpiresIn=expires)

    return presign


def send(method, url, body=None, **headers):
    # Without a type of its own, urllib3 would send one that nobody signed.
    answer = HTTP.request(method, url, body=body, headers=headers)
    return answer.status, answer.data


@replays("TestS3PresignedUrl::test_put_object")
def test_what_a_url_wrote(presign, amazon, place, recording):
    assert send("PUT", presign("put_object"), b"something")[0] == 200
    recording.is_like("get_object", amazon.get_object(**place))


@replays("TestS3PresignedUrl::test_presigned_url_v4_x_amz_in_qs")
def test_headers_in_the_query(recorded_endpoint, amazon, place, recording):
    """As the SDK for JavaScript signs; boto3 leaves headers to be sent."""
    query = "x-amz-acl=private&x-amz-meta-test=in%20the%20query&x-amz-storage-class=STANDARD"
    request = AWSRequest("PUT", f"{recorded_endpoint}/{place['Bucket']}/{place['Key']}?{query}")
    credentials = Credentials(CREDENTIALS["aws_access_key_id"], CREDENTIALS["aws_secret_access_key"])
    S3SigV4QueryAuth(credentials, "s3", "us-east-1", expires=60).add_auth(request)
    assert send("PUT", request.url, b"123456")[0] == 200
    head = amazon.head_object(ChecksumMode="ENABLED", **place)
    recording.is_like("head-object", head)
    assert head["Metadata"] == {"test": "in the query"}


VERSIONS = [f"{version}-{verify}" for version in ("s3", "s3v4") for verify in ("False", "True")]


@replays("TestS3PresignedUrl::test_presigned_url_signature_authentication", *VERSIONS)
def test_urls_that_were_altered(presign, amazon, place, recording, variant):
    version = variant.split("-")[0]
    amazon.put_object(Body=b"something", **place)
    get, put = presign("get_object", version), presign("put_object", version)
    assert send("GET", get) == (200, b"something")
    recording.is_refused_like("invalid-get-1", send("GET", get.replace("test-key", "other-key")), status=403)
    recording.is_refused_like("invalid-put-1", send("PUT", put.replace("test-key", "other-key"), b""), status=403)


@replays("TestS3PresignedUrl::test_presigned_url_signature_authentication_expired", *VERSIONS)
def test_urls_that_expired(presign, recording, variant, monkeypatch):
    version, past = variant.split("-")[0], datetime.now(timezone.utc) - timedelta(hours=1)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda remove_tzinfo=True: past.replace(tzinfo=None))
    monkeypatch.setattr("botocore.auth.time.time", past.timestamp)
    monkeypatch.setattr("botocore.signers.get_current_datetime", lambda remove_tzinfo=True: past.replace(tzinfo=None), raising=False)
    recording.is_refused_like("expired", send("GET", presign("get_object", version, expires=1)), status=403)


@replays("TestS3PresignedUrl::test_s3_put_presigned_url_missing_sig_param", "s3", "s3v4")
def test_urls_without_their_signature(presign, recording, variant):
    address, query = presign("put_object", variant).split("?")
    pairs = [pair for pair in query.split("&") if not pair.lower().startswith(("signature=", "x-amz-signature="))]
    recording.is_refused_like("missing-param-exception", send("PUT", f"{address}?{'&'.join(pairs)}", b""))


@replays("TestS3PresignedUrl::test_s3_put_presigned_url_with_different_headers", "s3", "s3v4")
def test_other_headers_than_were_signed(presign, recording, variant):
    url = presign("put_object", variant, ContentType="text/plain", ContentEncoding="identity")
    encoding = {"Content-Encoding": "identity"}
    wrong_type = send("PUT", url, b"a", **encoding, **{"Content-Type": "text/xml"})
    recording.is_refused_like("content-type-exception", wrong_type)
    if variant == "s3":
        recording.is_refused_like("content-type-response", send("PUT", url, b"a", **encoding))
    else:
        wrong_encoding = {"Content-Type": "text/plain", "Content-Encoding": "gzip"}
        recording.is_refused_like("wrong-content-encoding-response", send("PUT", url, b"a", **wrong_encoding))


@replays("TestS3PresignedUrl::test_s3_put_presigned_url_same_header_and_qs_parameter")
def test_the_same_name_in_header_and_query(presign, recording):
    url = presign("put_object")
    recording.is_refused_like("double-header-query-string", send("PUT", f"{url}&X-Amz-Expires=3500", b""))
    recording.is_refused_like("override-signed-qs", send("PUT", url, b"", **{"x-amz-expires": "3500"}))


@replays("TestS3PresignedUrl::test_presigned_double_encoded_credentials")
def test_credentials_that_were_encoded_twice(presign, recording):
    url = presign("get_object").replace("%2F", "%252F")
    recording.is_refused_like("error-malformed", send("GET", url), status=400)


@replays(
    "TestS3PresignedUrl::test_put_object_with_md5_and_chunk_signature_bad_headers",
    "s3-True",
    "s3v4-True",
)
def test_headers_that_the_url_does_not_cover(presign, recording, variant):
    content, version = b"test", variant.split("-")[0]
    md5 = base64.b64encode(hashlib.md5(content).digest()).decode()
    headers = {
        "Content-MD5": md5,
        "Content-Type": "application/octet-stream",
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "x-amz-date": "20211122T191045Z",
    }
    body = b"4;chunk-signature=" + b"a" * 64 + b"\r\ntest\r\n0;chunk-signature=" + b"b" * 64 + b"\r\n\r\n"
    url = presign("put_object", version, ContentType=headers["Content-Type"], ContentMD5=md5)
    answer = send("PUT", url, body, **headers, **{"x-amz-decoded-content-length": "4"})
    recording.is_refused_like("with-decoded-content-length", answer, status=403)
    recording.is_refused_like("without-decoded-content-length", send("PUT", url, body, **headers), status=403)


@replays("TestS3PresignedUrl::test_get_response_overrides_unicode_metadata_with_sig_s3")
def test_an_answers_header_beyond_latin_1(presign, amazon, place, recording):
    amazon.put_object(Body=b"something", **place)
    url = presign("get_object", "s3", ResponseCacheControl="non-ascii-%E2%80%94_—_é_")
    recording.is_refused_like("unicode-error", send("GET", url), status=400)


@replays("TestS3PresignedUrl::test_put_unicode_metadata_with_sig_s3")
def test_metadata_beyond_ascii(presign, amazon, place, recording):
    signed = presign("put_object", "s3", Metadata={"test": urllib.parse.quote("één")})
    assert send("PUT", signed, b"", **{"x-amz-meta-test": urllib.parse.quote("één")})[0] == 200
    recording.is_like("head_object", amazon.head_object(**place))
