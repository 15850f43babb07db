"""Writes botocore-kms.json: requests to KMS as botocore signs them, for tests/presign_botocore.rs.

Usage: python3 -m venv VENV && VENV/bin/pip install botocore==1.44.5 && VENV/bin/python generate_botocore_kms.py > botocore-kms.json

Nothing is sent and no credentials of yours are read: keys, time and endpoints are fixed below.
"""

import datetime
import itertools
import json

import botocore
import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
TOKENS = [None, "FwoGZXIvYXdzEBYaD//+/==TOKEN+with/reserved=characters"]
PLACES = [("us-east-1", "https://kms.us-east-1.amazonaws.com/"), ("cn-north-1", "https://kms.cn-north-1.amazonaws.com.cn/"),
          ("eu-west-1", "http://127.0.0.1:4566/")]
BODIES = ["{}", json.dumps({"KeyId": "alias/demo", "EncryptionContext": {"name": "ünïcödé 🔑"}}, ensure_ascii=False)]


def signed(token, region, url, body, operation):
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"TrentService.{operation}"}
    request = AWSRequest(method="POST", url=url, data=body.encode(), headers=headers)
    botocore.auth.SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY, token), "kms", region).add_auth(request)
    return {"token": token, "region": region, "host": url.split("/")[2], "body": body, "operation": operation,
            "headers": {name.lower(): value for name, value in request.headers.items()}}


now = datetime.datetime.strptime("20240229T235959Z", "%Y%m%dT%H%M%SZ")
botocore.auth.get_current_datetime = lambda *arguments, **options: now
cases = [signed(token, region, url, body, operation) for token, (region, url), body, operation
         in itertools.product(TOKENS, PLACES, BODIES, ["GenerateDataKey", "Decrypt"])]
print(json.dumps({"botocore": botocore.__version__, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY, "cases": cases},
                 indent=1, ensure_ascii=False))
