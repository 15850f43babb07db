"""Writes python-4.0.0.json: two objects as AWS's own client encrypts them, under a data key that is known.

    pip install amazon-s3-encryption-client-python==4.0.0
    python generate_python.py > python-4.0.0.json
"""

import base64
import json
from types import SimpleNamespace

from s3_encryption.materials.materials import AlgorithmSuite
from s3_encryption.pipelines import PutEncryptedObjectPipeline

PLAINTEXT = b"The quick brown fox jumps over the lazy dog"
SUITES = {
    AlgorithmSuite.ALG_AES_256_GCM_IV12_TAG16_NO_KDF: "AES/GCM/NoPadding",
    AlgorithmSuite.ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY: "115",
}


class KnownDataKey:
    """Stands in for the key service; everything after it is the client's own code."""

    def get_encryption_materials(self, request):
        request.plaintext_data_key = bytes(range(32))
        request.encrypted_data_key = SimpleNamespace(encrypted_data_key=b"wrapped by a key service")
        return request


def encrypted(suite, label):
    context = {"purpose": "vector", "aws:x-amz-cek-alg": label}
    body, metadata = PutEncryptedObjectPipeline(KnownDataKey(), suite).encrypt(PLAINTEXT, context)
    return {"suite": hex(suite.suite_id), "metadata": metadata, "body": base64.b64encode(body).decode()}


print(json.dumps([encrypted(suite, label) for suite, label in SUITES.items()], indent=1))
