"""Many requests at once, and many one after the other: all are answered, and nothing is left of them."""

import asyncio
import pathlib
import secrets
import subprocess
import urllib.parse

import pytest

from support import REGION, client, listening_address, server_command

AT_ONCE = 1000
BUCKET = "busy"
CONTENT = secrets.token_bytes(20_000)

pytestmark = pytest.mark.skipif(
    not pathlib.Path("/proc/self/fd").exists(), reason="only Linux tells what a process holds open so"
)


class Server:
    """A server in memory, and what it holds."""

    def __init__(self):
        self.process = subprocess.Popen(server_command(), stdout=subprocess.PIPE, text=True)
        self.address = listening_address(self.process)
        self.s3 = client("s3", self.address, s3={"addressing_style": "path"})
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})

    def descriptors(self):
        return len(list(pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def memory(self):
        """What it has in memory now, in bytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024


@pytest.fixture
def server():
    running = Server()
    yield running
    running.process.kill()
    running.process.wait()


async def request(method, url, body=b""):
    """One request on a connection of its own; the status and the body of the answer."""
    parts = urllib.parse.urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = f"{method} {parts.path}?{parts.query} HTTP/1.1\r\nhost: {parts.netloc}\r\nconnection: close\r\n"
    writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()
    answer = await reader.read()
    writer.close()
    head, _, content = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), content


def at_once(requests):
    async def all_of_them():
        return await asyncio.gather(*(request(*one) for one in requests))

    return asyncio.run(all_of_them())


def urls(s3, operation, keys):
    return [s3.generate_presigned_url(operation, {"Bucket": BUCKET, "Key": key}) for key in keys]


def test_a_thousand_requests_at_once_are_all_answered_and_leave_nothing(server):
    keys = [f"key-{number}" for number in range(AT_ONCE)]
    put, get, delete = (urls(server.s3, f"{name}_object", keys) for name in ("put", "get", "delete"))
    held = []
    for _ in range(6):
        answers = at_once([("PUT", url, CONTENT) for url in put])
        assert {status for status, _ in answers} == {200}
        answers = at_once([("GET", url) for url in get])
        assert all(answer == (200, CONTENT) for answer in answers)
        answers = at_once([("DELETE", url) for url in delete])
        assert {status for status, _ in answers} == {204}
        assert server.s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0
        held.append((server.descriptors(), server.memory()))
    (descriptors, _), (_, early), *_, (last_descriptors, late) = held
    assert last_descriptors <= descriptors + 5
    # The first two have shown what the server needs, and the four since then stored 80 MB.
    assert late < early + 40e6, held


def test_a_days_worth_of_uploads_in_parts_leaves_nothing(server):
    held = []
    for _ in range(24):
        for number in range(12):
            upload_in_parts(server.s3, f"key-{number % 3}", is_completed=number % 2 == 0, is_replaced=number % 5 == 0)
        held.append(server.memory())
    server.s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": f"key-{number}"} for number in range(3)]})
    assert "Uploads" not in server.s3.list_multipart_uploads(Bucket=BUCKET)
    server.s3.delete_bucket(Bucket=BUCKET)
    # More than 100 MB went through it since.
    assert held[-1] < held[2] + 15e6, held


def upload_in_parts(s3, key, is_completed, is_replaced):
    place = {"Bucket": BUCKET, "Key": key}
    place["UploadId"] = s3.create_multipart_upload(**place)["UploadId"]
    for _ in range(3 if is_replaced else 1):
        parts = [
            {"PartNumber": number, "ETag": s3.upload_part(**place, PartNumber=number, Body=CONTENT * 15)["ETag"]}
            for number in (1, 2)
        ]
    if is_completed:
        # The last part may be short, and the only one is the last.
        s3.complete_multipart_upload(**place, MultipartUpload={"Parts": parts[1:]})
    else:
        s3.abort_multipart_upload(**place)
