"""AWS's S3 Encryption Client for Python, told what to do by lines of JSON; tests/interop/README.md has the protocol."""

import functools
import json
import os
import sys
from pathlib import Path

import boto3
from botocore.config import Config
from s3_encryption import S3EncryptionClient, S3EncryptionClientConfig
from s3_encryption.materials.kms_keyring import KmsKeyring
from s3_encryption.materials.materials import AlgorithmSuite, CommitmentPolicy

MIB = 1024 * 1024
PART_LENGTH = 5 * MIB
# What writes each format; a reader of V2 has to allow it as well.
FORMATS = {
    "V2": (AlgorithmSuite.ALG_AES_256_GCM_IV12_TAG16_NO_KDF, CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT),
    "V3": (AlgorithmSuite.ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY, CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT),
}


def plain_client(service, **settings):
    config = Config(retries={"total_max_attempts": 1}, **settings)
    endpoint, region = os.environ["INTEROP_ENDPOINT"], os.environ["AWS_REGION"]
    return boto3.client(service, endpoint_url=endpoint, region_name=region, config=config)


@functools.cache
def client_for(message_format, key_id):
    """A client of its own for each format: it installs itself into the S3 client that it is given."""
    suite, policy = FORMATS[message_format]
    keyring = KmsKeyring(kms_client=plain_client("kms"), kms_key_id=key_id)
    config = S3EncryptionClientConfig(keyring=keyring, encryption_algorithm=suite, commitment_policy=policy)
    return S3EncryptionClient(plain_client("s3", s3={"addressing_style": "path"}), config)


def put(client, where, request):
    if request.get("parts"):
        client.upload_file(
            request["file"], where["Bucket"], where["Key"], 1, PART_LENGTH, EncryptionContext=request["context"]
        )
    else:
        content = Path(request["file"]).read_bytes()
        client.put_object(**where, Body=content, EncryptionContext=request["context"])


def get(client, where, request):
    if "suffix" in request:
        where["InstructionFileSuffix"] = request["suffix"]
    answer = client.get_object(**where, EncryptionContext=request["context"])
    Path(request["file"]).write_bytes(answer["Body"].read())


def delete(client, where, _request):
    client.delete_object(**where)


OPERATIONS = {"put": put, "get": get, "delete": delete}


def perform(request):
    if request["keyring"]["kind"] != "kms":
        raise ValueError("this client has a KMS keyring only")
    client = client_for(request["format"], request["keyring"]["keyId"])
    where = {"Bucket": request["bucket"], "Key": request["key"]}
    OPERATIONS[request["op"]](client, where, request)


def answer(line):
    try:
        perform(json.loads(line))
        return {"ok": True}
    except Exception as error:  # noqa: BLE001: whatever went wrong is the answer
        return {"error": f"{type(error).__name__}: {error}"}


print(json.dumps({"ready": True}), flush=True)
for text in sys.stdin:
    print(json.dumps(answer(text)), flush=True)
