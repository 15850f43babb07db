"""Packs the cases of AWS's signing test suite that fit S3's rules into aws-signing-test-suite.json.

Usage: python3 pack_aws_signing_test_suite.py PATH/aws-signing-test-suite/v4 > aws-signing-test-suite.json

The suite is in the crate aws-sigv4 (see README.md). It is made for services that normalise paths; S3 does not.
"""

import json
import pathlib
import sys
from urllib.parse import unquote

LEFT_OUT = {
    # Paths that are normalised, or encoded twice: S3 does neither.
    "get-relative-normalized",
    "get-relative-relative-normalized",
    "get-slash-dot-slash-normalized",
    "get-slash-normalized",
    "get-slash-pointless-dot-normalized",
    "get-slashes-normalized",
    "get-space-normalized",
    # One header twice, or over several lines: the presigner refuses both.
    "get-header-key-duplicate",
    "get-header-value-multiline",
    "get-header-value-order",
    # The session token is added after signing: S3 wants it signed.
    "post-sts-header-after",
}


def read_request(text):
    head, *lines = text.split("\n")
    method, target = head.split(" ", 1)
    target = target.rsplit(" ", 1)[0]
    path, _, query = target.partition("?")
    pairs = [tuple(map(unquote, pair.partition("=")[::2])) for pair in query.split("&") if pair]
    headers = []
    for line in lines:
        if not line.strip():
            break
        name, _, value = line.partition(":")
        headers.append((name, value))
    return {"method": method, "path": path, "query": pairs, "headers": headers}


def read_case(folder):
    text = lambda name: (folder / name).read_text(encoding="utf-8").replace("\r\n", "\n")
    case = {"name": folder.name, **read_request(text("request.txt"))}
    case["context"] = json.loads(text("context.json"))
    for part in ("canonical-request", "string-to-sign", "signature"):
        case[part.replace("-", "_")] = text(f"query-{part}.txt")
    return case


folders = sorted(pathlib.Path(sys.argv[1]).iterdir())
fitting = [folder for folder in folders if (folder / "context.json").exists() and folder.name not in LEFT_OUT]
print(json.dumps([read_case(folder) for folder in fitting], indent=1, ensure_ascii=False))
