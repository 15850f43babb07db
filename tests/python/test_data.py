"""The server over a folder: what it acknowledged outlives it, whatever stops it."""

import concurrent.futures
import contextlib
import pathlib
import random
import secrets
import shutil
import signal
import subprocess
import threading
import time

import botocore.exceptions
import pytest

from support import REGION, client, listening_address, server_command

MIB = 1024 * 1024
BUCKET = "kept-on-disk-as-it-is"


class Server:
    """A server over a folder, that can be stopped as a crash stops it."""

    def __init__(self, folder):
        self.folder = folder
        self.process = subprocess.Popen(
            server_command("--data", str(folder), "--sse-c-default", "allowed"), stdout=subprocess.PIPE, text=True
        )
        self.s3 = client("s3", listening_address(self.process), s3={"addressing_style": "path"})

    def crash(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def servers():
    """Starts servers, one after the other; the last one is stopped in the end."""
    started = []

    def start(folder):
        started.append(Server(folder))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            server.crash()


def create_bucket(s3):
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})


def refusal(*arguments):
    """What a server that does not start says."""
    ended = subprocess.run(server_command(*arguments), capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1 and ended.stdout == "", ended
    return ended.stderr


MODES = {
    "s3": {},
    "kms": {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/one"},
    "dsse": {"ServerSideEncryption": "aws:kms:dsse", "SSEKMSKeyId": "alias/one"},
    "customer": {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"k" * 32},
}


def reading(mode):
    return MODES[mode] if mode == "customer" else {}


def test_every_mode_and_an_upload_under_way_outlive_a_crash(servers, tmp_path):
    server = servers(tmp_path / "data")
    create_bucket(server.s3)
    contents = {mode: secrets.token_bytes(3 * MIB + 5) for mode in MODES}
    for mode, content in contents.items():
        server.s3.put_object(Bucket=BUCKET, Key=mode, Body=content, Metadata={"mode": mode}, **MODES[mode])
    upload = server.s3.create_multipart_upload(Bucket=BUCKET, Key="parts", **MODES["kms"])["UploadId"]
    place = {"Bucket": BUCKET, "Key": "parts", "UploadId": upload}
    parts = [secrets.token_bytes(5 * MIB), secrets.token_bytes(7)]
    etag = server.s3.upload_part(**place, PartNumber=1, Body=parts[0])["ETag"]
    server.crash()
    server = servers(server.folder)
    for mode, content in contents.items():
        got = server.s3.get_object(Bucket=BUCKET, Key=mode, **reading(mode))
        assert got["Body"].read() == content and got["Metadata"] == {"mode": mode}
    listed = [{"PartNumber": 1, "ETag": etag}]
    listed.append({"PartNumber": 2, "ETag": server.s3.upload_part(**place, PartNumber=2, Body=parts[1])["ETag"]})
    server.s3.complete_multipart_upload(**place, MultipartUpload={"Parts": listed})
    assert server.s3.get_object(Bucket=BUCKET, Key="parts")["Body"].read() == b"".join(parts)


class Writers:
    """Writes, writes over and deletes in several threads until the server is gone, and knows what was acknowledged."""

    def __init__(self, s3, names, seed):
        self.s3 = s3
        self.seed = seed
        self.acknowledged = 0
        # By key: what may be there. More than one where a request was not answered.
        self.possible = {name: {None} for name in names}
        self.is_over = threading.Event()

    def write(self, name):
        chance = random.Random(f"{self.seed} {name}")
        while not self.is_over.is_set():
            content = None if chance.random() < 0.2 else chance.randbytes(chance.choice([0, 10, 70_000, 2 * MIB]))
            self.possible[name].add(content)
            try:
                if content is None:
                    self.s3.delete_object(Bucket=BUCKET, Key=name)
                else:
                    self.s3.put_object(Bucket=BUCKET, Key=name, Body=content)
            except botocore.exceptions.BotoCoreError:
                # The server is gone. Whatever it answers instead would be a failure.
                return
            self.possible[name] = {content}
            self.acknowledged += 1


def stored(s3, name):
    try:
        return s3.get_object(Bucket=BUCKET, Key=name)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None


def test_crashes_lose_nothing_that_was_acknowledged_and_show_nothing_half_written(servers, tmp_path):
    server = servers(tmp_path / "data")
    create_bucket(server.s3)
    names = [f"object-{number}" for number in range(6)]
    cut_off = 0
    for seed in (secrets.token_hex(4) for _ in range(5)):
        before = {name: stored(server.s3, name) for name in names}
        writers = Writers(server.s3, names, seed)
        writers.possible = {name: {content} for name, content in before.items()}
        with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
            running = [pool.submit(writers.write, name) for name in names]
            time.sleep(random.uniform(0.3, 1.0))
            server.crash()
            writers.is_over.set()
            for writer in running:
                writer.result()
        server = servers(server.folder)
        for name in names:
            assert stored(server.s3, name) in writers.possible[name], (name, seed)
            cut_off += len(writers.possible[name]) > 1
        assert writers.acknowledged > 0, seed
        listed = {one["Key"] for one in server.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}
        assert listed == {name for name in names if stored(server.s3, name) is not None}
        # What the crash left half written is gone.
        assert len(blobs(server.folder)) == len(listed)
    assert cut_off > len(names), "the crashes came while something was written"


def blobs(folder):
    return [path for path in (folder / "blobs").rglob("*") if path.is_file()]


def test_nothing_in_the_folder_is_plain(servers, tmp_path):
    server = servers(tmp_path / "data")
    create_bucket(server.s3)
    content = b"a text that nobody else should read " * 10_000
    for mode in MODES:
        name = f"confidential-{mode}"
        server.s3.put_object(Bucket=BUCKET, Key=name, Body=content, Metadata={"purpose": "payroll"}, **MODES[mode])
    server.crash()
    files = [path.read_bytes() for path in server.folder.rglob("*") if path.is_file()]
    assert sum(map(len, files)) > len(MODES) * len(content)
    for secret in (content[:16], b"confidential", b"payroll", BUCKET.encode(), b"alias/one", b"AES256", b"k" * 16):
        assert not any(secret in file for file in files), secret


def test_a_folder_opens_under_its_own_root_key_only(servers, tmp_path):
    server = servers(tmp_path / "data")
    create_bucket(server.s3)
    server.s3.put_object(Bucket=BUCKET, Key="a", Body=b"content")
    server.crash()
    root_key = tmp_path / "data.root-key"
    assert root_key.stat().st_mode & 0o777 == 0o600 and not list(server.folder.rglob("*root*"))
    other = servers(tmp_path / "other")
    other.crash()
    before = {path: path.read_bytes() for path in blobs(server.folder)}
    said = refusal("--data", str(server.folder), "--root-key", str(tmp_path / "other.root-key"))
    assert "another root key" in said and "start with that one" in said
    kept = tmp_path / "kept-elsewhere"
    shutil.move(root_key, kept)
    assert "root key is missing" in refusal("--data", str(server.folder))
    assert not root_key.exists(), "no new one is made"
    assert before == {path: path.read_bytes() for path in blobs(server.folder)}
    shutil.move(kept, root_key)
    assert stored(servers(server.folder).s3, "a") == b"content"


def test_one_server_at_a_time_has_a_folder(servers, tmp_path):
    server = servers(tmp_path / "data")
    assert "another process has this folder open" in refusal("--data", str(server.folder))


@pytest.mark.skipif(not pathlib.Path("/proc/self/status").exists(), reason="only Linux tells a process's memory so")
def test_an_object_is_not_held_in_memory(servers, tmp_path):
    server = servers(tmp_path / "data")
    create_bucket(server.s3)
    upload = server.s3.create_multipart_upload(Bucket=BUCKET, Key="large")["UploadId"]
    place = {"Bucket": BUCKET, "Key": "large", "UploadId": upload}
    part = secrets.token_bytes(8 * MIB)
    before = memory(server)
    listed = [
        {"PartNumber": number, "ETag": server.s3.upload_part(**place, PartNumber=number, Body=part)["ETag"]}
        for number in range(1, 9)
    ]
    server.s3.complete_multipart_upload(**place, MultipartUpload={"Parts": listed})
    with contextlib.closing(server.s3.get_object(Bucket=BUCKET, Key="large")["Body"]) as body:
        for number in range(8):
            assert body.read(len(part)) == part, number
    ranged = server.s3.get_object(Bucket=BUCKET, Key="large", Range=f"bytes={60 * MIB}-{60 * MIB + 9}")
    assert ranged["Body"].read() == part[4 * MIB : 4 * MIB + 10]
    # The object has 64 MiB.
    assert memory(server) - before < 24 * MIB


def memory(server):
    """The most memory that the server ever had, in bytes, as Linux tells it."""
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024
