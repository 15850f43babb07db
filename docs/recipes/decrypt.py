"""Decrypts an object of format V3 under an AES keyring, with the package cryptography.

Usage: python3 decrypt.py WRAPPING_KEY X_AMZ_3 X_AMZ_D X_AMZ_I < OBJECT > CONTENT (all four in base64)
"""

import base64
import hmac
import sys

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def decrypt(wrapping_key: bytes, metadata: dict, body: bytes) -> bytes:
    part = {name: base64.b64decode(metadata[f"x-amz-{name}"]) for name in "3di"}
    data_key = AESGCM(wrapping_key).decrypt(part["3"][:12], part["3"][12:], b"115")
    derive = lambda label, length: HKDF(hashes.SHA512(), length, part["i"], b"\x00\x73" + label).derive(data_key)
    if not hmac.compare_digest(derive(b"COMMITKEY", 28), part["d"]):
        raise ValueError("the object commits to another key")
    return AESGCM(derive(b"DERIVEKEY", 32)).decrypt(b"\x01" * 12, body, b"\x00\x73")


if __name__ == "__main__":
    key, *values = sys.argv[1:]
    entries = {f"x-amz-{name}": value for name, value in zip("3di", values, strict=True)}
    content = decrypt(base64.b64decode(key), entries, sys.stdin.buffer.read())
    sys.stdout.buffer.write(content)
