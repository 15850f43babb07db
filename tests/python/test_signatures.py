"""Signatures in headers and in chunks: what is taken, and what S3 and KMS say of the rest."""

import base64
import hashlib
import hmac
import json
import re
import zlib
from datetime import datetime, timedelta, timezone

import pytest
import urllib3
from botocore.auth import HmacV1Auth, S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from recorded import refusal
from support import CREDENTIALS, client

HTTP = urllib3.PoolManager(retries=False)
KEY, SECRET = CREDENTIALS["aws_access_key_id"], CREDENTIALS["aws_secret_access_key"]
SIGNER = Credentials(KEY, SECRET)
EMPTY = hashlib.sha256(b"").hexdigest()


def now():
    return datetime.now(timezone.utc)


def amz_date(time):
    return time.strftime("%Y%m%dT%H%M%SZ")


def asked(url, headers, method="GET", body=None):
    answer = HTTP.request(method, url, headers=headers, body=body)
    return answer.status, answer.data


@pytest.fixture
def url(place, recorded_endpoint):
    return f"{recorded_endpoint}/{place['Bucket']}/{place['Key']}"


def authorization(credential=None, headers="host;x-amz-date", signature="0" * 64):
    credential = credential or f"{KEY}/{amz_date(now())[:8]}/us-east-1/s3/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={headers}, Signature={signature}"


TODAY = amz_date(now())[:8]
MALFORMED = [
    ("Bearer x", "InvalidArgument", "Unsupported Authorization Type"),
    ("AWS nobody", "InvalidArgument", "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature"),
    (
        f"AWS4-HMAC-SHA256 Credential={KEY}/{TODAY}/us-east-1/s3/aws4_request",
        "AuthorizationHeaderMalformed",
        "The authorization header is malformed; the authorization header requires three components: Credential, "
        "SignedHeaders, and Signature.",
    ),
    (
        authorization(f"{KEY}/{TODAY}/s3"),
        "AuthorizationHeaderMalformed",
        "The authorization header is malformed; the Credential is mal-formed; expecting "
        '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    ),
    (
        authorization(f"{KEY}/{TODAY}/us-east-1/s3/aws3_request"),
        "AuthorizationHeaderMalformed",
        'The authorization header is malformed; incorrect terminal "aws3_request". This endpoint uses "aws4_request".',
    ),
    (
        authorization(f"{KEY}/{TODAY}/us-east-1/ec2/aws4_request"),
        "AuthorizationHeaderMalformed",
        'The authorization header is malformed; incorrect service "ec2". This endpoint belongs to "s3".',
    ),
    (
        authorization(f"{KEY}/{TODAY}/eu-west-1/s3/aws4_request"),
        "AuthorizationHeaderMalformed",
        "The authorization header is malformed; the region 'eu-west-1' is wrong; expecting 'us-east-1'",
    ),
    (
        authorization(f"{KEY}/today/us-east-1/s3/aws4_request"),
        "AuthorizationHeaderMalformed",
        'The authorization header is malformed; incorrect date format "today". This date in the credential must be in the '
        'format "yyyyMMdd".',
    ),
    (
        authorization(f"{KEY}/20200101/us-east-1/s3/aws4_request"),
        "AuthorizationHeaderMalformed",
        f'The authorization header is malformed; Invalid credential date "20200101". This date is not the same as '
        f'X-Amz-Date: "{TODAY}".',
    ),
]


@pytest.mark.parametrize("header, code, message", MALFORMED)
def test_an_authorization_that_cannot_be_read(url, header, code, message):
    headers = {"Authorization": header, "x-amz-date": amz_date(now()), "x-amz-content-sha256": EMPTY}
    status, fields = refusal(asked(url, headers))
    assert (status, fields["Code"], fields["Message"]) == (400, code, message)
    assert fields.get("Region") == ("us-east-1" if "eu-west-1" in message else None)
    assert fields.get("ArgumentValue") == (header if code == "InvalidArgument" else None)


def test_an_authorization_twice(url):
    status, fields = refusal(asked(f"{url}?X-Amz-Signature=0", {"Authorization": authorization()}))
    assert (status, fields["Code"]) == (400, "InvalidArgument")
    assert fields["Message"].startswith("Only one auth mechanism allowed")


def test_a_header_without_a_date_or_a_hash(url):
    status, fields = refusal(asked(url, {"Authorization": authorization()}))
    assert (status, fields["Message"]) == (403, "AWS authentication requires a valid Date or x-amz-date header")
    status, fields = refusal(asked(url, {"Authorization": authorization(), "x-amz-date": amz_date(now())}))
    assert (status, fields["Message"]) == (400, "Missing required header for this request: x-amz-content-sha256")


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_clock_that_is_off(url, minutes):
    date = amz_date(now() + timedelta(minutes=minutes))
    credential = f"{KEY}/{date[:8]}/us-east-1/s3/aws4_request"
    headers = {"Authorization": authorization(credential), "x-amz-date": date, "x-amz-content-sha256": EMPTY}
    status, fields = refusal(asked(url, headers))
    assert (status, fields["Code"]) == (403, "RequestTimeTooSkewed")
    assert fields["Message"] == "The difference between the request time and the current time is too large."
    assert (fields["RequestTime"], fields["MaxAllowedSkewMilliseconds"]) == (date, "900000")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", fields["ServerTime"])


def test_a_header_that_was_not_signed(url):
    request = AWSRequest("PUT", url, data=b"x")
    S3SigV4Auth(SIGNER, "s3", "us-east-1").add_auth(request)
    answer = asked(url, {**request.headers, "x-amz-storage-class": "GLACIER"}, "PUT", b"x")
    status, fields = refusal(answer)
    assert (status, fields["Code"], fields["HeadersNotSigned"]) == (403, "AccessDenied", "x-amz-storage-class")


@pytest.mark.parametrize(
    "change, code, message",
    [
        ({"X-Amz-Expires": "-1"}, "AuthorizationQueryParametersError", "X-Amz-Expires must be non-negative"),
        ({"X-Amz-Expires": "long"}, "AuthorizationQueryParametersError", "X-Amz-Expires should be a number"),
        ({"X-Amz-Expires": "604801"}, "AuthorizationQueryParametersError", "X-Amz-Expires must be less than a week (in"),
        ({"X-Amz-Algorithm": "AWS3"}, "AuthorizationQueryParametersError", "X-Amz-Algorithm only supports"),
        ({"X-Amz-Date": f"{TODAY}"}, "AuthorizationQueryParametersError", "X-Amz-Date must be in the ISO8601 Long Format"),
        (
            {"X-Amz-Credential": f"{KEY}/{TODAY}/eu-west-1/s3/aws4_request"},
            "AuthorizationQueryParametersError",
            "Error parsing the X-Amz-Credential parameter; the region 'eu-west-1' is wrong; expecting 'us-east-1'",
        ),
        ({"Signature": "x"}, "AccessDenied", "Query-string authentication requires the Signature, Expires and"),
        (
            {"Signature": "x", "AWSAccessKeyId": KEY, "Expires": "soon"},
            "AccessDenied",
            "Invalid date (should be seconds since epoch): soon",
        ),
    ],
)
def test_a_url_that_cannot_be_read(url, change, code, message):
    signed = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{KEY}/{TODAY}/us-east-1/s3/aws4_request",
        "X-Amz-Date": amz_date(now()),
        "X-Amz-Expires": "60",
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Signature": "0" * 64,
    }
    query = change if "Signature" in change else {**signed, **change}
    answer = HTTP.request_encode_url("GET", url, fields=query)
    status, fields = refusal((answer.status, answer.data))
    assert (status, fields["Code"]) == (403 if code == "AccessDenied" else 400, code)
    assert fields["Message"].startswith(message)


def test_signature_version_2_in_headers(url, amazon, place):
    def signed(secret, method, body=None):
        request = AWSRequest(method, url, data=body, headers={"x-amz-meta-a": "b"})
        HmacV1Auth(Credentials(KEY, secret)).add_auth(request)
        return asked(url, dict(request.headers), method, body)

    assert signed(SECRET, "PUT", b"content")[0] == 200
    assert signed(SECRET, "GET") == (200, b"content")
    assert amazon.head_object(**place)["Metadata"] == {"a": "b"}
    status, fields = refusal(signed("another", "GET"))
    assert (status, fields["Code"]) == (403, "SignatureDoesNotMatch")
    digest = hmac.new(b"another", fields["StringToSign"].encode(), "sha1").digest()
    assert base64.b64encode(digest).decode() == fields["SignatureProvided"]
    assert "CanonicalRequest" not in fields


def test_signature_version_2_is_not_for_kms(url, amazon, place):
    def signed(method, headers):
        request = AWSRequest(method, url, data=b"x" if method == "PUT" else None, headers=headers)
        HmacV1Auth(SIGNER).add_auth(request)
        return asked(url, dict(request.headers), method, request.data)

    refused = [signed("PUT", {"x-amz-server-side-encryption": "aws:kms"})]
    amazon.put_object(Body=b"x", ServerSideEncryption="aws:kms", **place)
    refused.append(signed("GET", {}))
    for answer in refused:
        status, fields = refusal(answer)
        assert (status, fields["Code"]) == (400, "InvalidArgument")
        assert (fields["ArgumentName"], fields["ArgumentValue"]) == ("Authorization", "null")
        assert fields["Message"].endswith("require AWS Signature Version 4.")


class Chunks:
    """A body in signed chunks (Amazon S3 API Reference, "Signature calculations: transferring payload in multiple chunks")."""

    def __init__(self, url, decoded_length, trailer=None):
        self.date = amz_date(now())
        self.scope = f"{self.date[:8]}/us-east-1/s3/aws4_request"
        headers = {
            "x-amz-content-sha256": f"STREAMING-AWS4-HMAC-SHA256-PAYLOAD{'-TRAILER' if trailer else ''}",
            "x-amz-decoded-content-length": str(decoded_length),
            **({"x-amz-trailer": trailer} if trailer else {}),
        }
        request = AWSRequest("PUT", url, headers=headers)
        signer = S3SigV4Auth(SIGNER, "s3", "us-east-1")
        signer.payload = lambda _: headers["x-amz-content-sha256"]
        request.headers["X-Amz-Date"] = self.date
        canonical = signer.canonical_request(request)
        to_sign = "\n".join(["AWS4-HMAC-SHA256", self.date, self.scope, hashlib.sha256(canonical.encode()).hexdigest()])
        self.previous = self.signature(to_sign)
        names = signer.signed_headers(signer.headers_to_sign(request))
        request.headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={KEY}/{self.scope}, SignedHeaders={names}, Signature={self.previous}"
        )
        self.headers = dict(request.headers)

    def signature(self, to_sign):
        key = f"AWS4{SECRET}".encode()
        for part in self.scope.split("/"):
            key = hmac.new(key, part.encode(), "sha256").digest()
        return hmac.new(key, to_sign.encode(), "sha256").hexdigest()

    def chunk(self, content):
        lines = ["AWS4-HMAC-SHA256-PAYLOAD", self.date, self.scope, self.previous, EMPTY, hashlib.sha256(content).hexdigest()]
        self.previous = self.signature("\n".join(lines))
        end = b"\r\n" if content else b""
        return f"{len(content):x};chunk-signature={self.previous}\r\n".encode() + content + end

    def trailer(self, name, value):
        hashed = hashlib.sha256(f"{name}:{value}\n".encode()).hexdigest()
        signature = self.signature("\n".join(["AWS4-HMAC-SHA256-TRAILER", self.date, self.scope, self.previous, hashed]))
        return f"{name}:{value}\r\nx-amz-trailer-signature:{signature}\r\n\r\n".encode()


def test_a_body_in_signed_chunks(url, amazon, place):
    chunks = Chunks(url, 65536 + 7)
    body = b"".join(chunks.chunk(content) for content in (b"a" * 65536, b"content", b"")) + b"\r\n"
    assert asked(url, chunks.headers, "PUT", body)[0] == 200
    got = amazon.get_object(**place)
    assert got["Body"].read() == b"a" * 65536 + b"content"
    assert "ContentEncoding" not in got


def test_a_chunk_that_was_altered(url, amazon, place):
    chunks = Chunks(url, 7)
    body = (chunks.chunk(b"content") + chunks.chunk(b"")).replace(b"content", b"CONTENT")
    status, fields = refusal(asked(url, chunks.headers, "PUT", body))
    assert (status, fields["Code"]) == (403, "SignatureDoesNotMatch")
    assert amazon.list_objects_v2(Bucket=place["Bucket"])["KeyCount"] == 0


@pytest.mark.parametrize("length", [6, 8])
def test_chunks_of_another_length_than_was_said(url, amazon, place, length):
    chunks = Chunks(url, length)
    body = chunks.chunk(b"content") + chunks.chunk(b"")
    status, fields = refusal(asked(url, chunks.headers, "PUT", body))
    assert (status, fields["Code"]) == (400, "IncompleteBody")
    assert amazon.list_objects_v2(Bucket=place["Bucket"])["KeyCount"] == 0


@pytest.mark.parametrize("is_right", [True, False])
def test_signed_chunks_with_their_checksum_behind_them(url, amazon, place, is_right):
    chunks = Chunks(url, 7, trailer="x-amz-checksum-crc32")
    checksum = base64.b64encode(zlib.crc32(b"content").to_bytes(4, "big")).decode()
    body = chunks.chunk(b"content") + chunks.chunk(b"") + chunks.trailer("x-amz-checksum-crc32", checksum)
    if is_right:
        assert asked(url, chunks.headers, "PUT", body)[0] == 200
        assert amazon.get_object(ChecksumMode="ENABLED", **place)["ChecksumCRC32"] == checksum
    else:
        answer = asked(url, chunks.headers, "PUT", body.replace(checksum.encode(), b"AAAAAA=="))
        assert refusal(answer)[1]["Code"] == "SignatureDoesNotMatch"
        assert amazon.list_objects_v2(Bucket=place["Bucket"])["KeyCount"] == 0


@pytest.mark.parametrize("is_right", [True, False])
def test_an_unsigned_body_with_its_checksum_behind_it(url, amazon, place, is_right):
    checksum = base64.b64encode(zlib.crc32(b"content" if is_right else b"other").to_bytes(4, "big")).decode()
    headers = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": "7",
        "x-amz-trailer": "x-amz-checksum-crc32",
        "Content-Encoding": "aws-chunked",
    }
    request = AWSRequest("PUT", url, headers=headers)
    signer = S3SigV4Auth(SIGNER, "s3", "us-east-1")
    signer.payload = lambda _: headers["x-amz-content-sha256"]
    signer._modify_request_before_signing = lambda request: request.headers.add_header("X-Amz-Date", request.context["timestamp"])
    signer.add_auth(request)
    body = f"7\r\ncontent\r\n0\r\nx-amz-checksum-crc32:{checksum}\r\n\r\n".encode()
    answer = asked(url, dict(request.headers), "PUT", body)
    if is_right:
        assert answer[0] == 200
        assert amazon.get_object(ChecksumMode="ENABLED", **place)["ChecksumCRC32"] == checksum
    else:
        assert refusal(answer)[1]["Code"] == "BadDigest"
        assert amazon.list_objects_v2(Bucket=place["Bucket"])["KeyCount"] == 0


def kms_refusal(endpoint, *, secret=SECRET, key=KEY, region="us-east-1", service="kms", minutes=0, drop=()):
    headers = {"X-Amz-Target": "TrentService.ListKeys", "Content-Type": "application/x-amz-json-1.1"}
    request = AWSRequest("POST", f"{endpoint}/", data=b"{}", headers=headers)
    signer = SigV4Auth(Credentials(key, secret), service, region)
    signer.add_auth(request)
    if minutes:
        date = amz_date(now() + timedelta(minutes=minutes))
        request.headers.replace_header("X-Amz-Date", date)
    for name in drop:
        del request.headers[name]
    answer = HTTP.request("POST", f"{endpoint}/", headers=dict(request.headers), body=b"{}")
    document = json.loads(answer.data)
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/x-amz-json-1.1")
    return document["__type"], document["message"]


def test_kms_refuses_in_its_own_words(recorded_endpoint):
    code, message = kms_refusal(recorded_endpoint, secret="another")
    assert code == "InvalidSignatureException"
    assert message.startswith("The request signature we calculated does not match the signature you provided. Check your AWS")
    unknown = kms_refusal(recorded_endpoint, key="AKIANOBODY")
    assert unknown == ("UnrecognizedClientException", "The security token included in the request is invalid.")
    nobody = kms_refusal(recorded_endpoint, drop=["Authorization"])
    assert nobody == ("MissingAuthenticationTokenException", "Missing Authentication Token")
    region = kms_refusal(recorded_endpoint, region="eu-west-1")
    assert region == ("InvalidSignatureException", "Credential should be scoped to a valid region.")
    service = kms_refusal(recorded_endpoint, service="s3")
    assert service == ("InvalidSignatureException", "Credential should be scoped to correct service: 'kms'.")
    code, message = kms_refusal(recorded_endpoint, drop=["X-Amz-Date"])
    assert code == "IncompleteSignatureException" and "'X-Amz-Date' or a 'Date' header" in message


@pytest.mark.parametrize("minutes, words", [(-6, "Signature expired: "), (6, "Signature not yet current: ")])
def test_kms_is_stricter_with_clocks(recorded_endpoint, minutes, words):
    code, message = kms_refusal(recorded_endpoint, minutes=minutes)
    assert code == "InvalidSignatureException" and message.startswith(words) and "5 min.)" in message


def test_boto3_knows_kmss_refusals(recorded_endpoint):
    stranger = {"aws_access_key_id": "AKIANOBODY", "aws_secret_access_key": "x"}
    kms = client("kms", recorded_endpoint, region="us-east-1", credentials=stranger)
    with pytest.raises(kms.exceptions.ClientError) as caught:
        kms.list_keys()
    assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"
