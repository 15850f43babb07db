"""The simulated KMS as boto3 uses it: policies, grants, rotation, tags, pages, dry runs."""

import json

import pytest
from botocore.exceptions import ClientError


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]


@pytest.fixture()
def key(kms):
    return kms.create_key(Description="for tests", Tags=[{"TagKey": "a", "TagValue": "1"}])["KeyMetadata"]["Arn"]


def test_data_keys_survive_rotation(kms, key):
    context = {"b": "2", "a": "1"}
    made = kms.generate_data_key(KeyId=key, KeySpec="AES_256", EncryptionContext=context)
    kms.rotate_key_on_demand(KeyId=key)
    opened = kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"a": "1", "b": "2"})
    assert opened["Plaintext"] == made["Plaintext"]
    assert opened["KeyId"] == key
    assert kms.generate_data_key(KeyId=key, NumberOfBytes=24)["KeyMaterialId"] != made["KeyMaterialId"]
    rotations = kms.list_key_rotations(KeyId=key)["Rotations"]
    assert [rotation["RotationType"] for rotation in rotations] == ["ON_DEMAND"]


def test_rotation_by_the_calendar_is_switched(kms, key):
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is False
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    status = kms.get_key_rotation_status(KeyId=key)
    created = kms.describe_key(KeyId=key)["KeyMetadata"]["CreationDate"]
    assert status["RotationPeriodInDays"] == 90
    assert (status["NextRotationDate"] - created).days in (90, 91)
    kms.disable_key_rotation(KeyId=key)
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is False


def test_a_policy_takes_rights_away(kms, key):
    policy = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
    caller = "arn:aws:iam::111122223333:user/demo"
    deny = {"Effect": "Deny", "Principal": {"AWS": caller}, "Action": "kms:Encrypt", "Resource": "*"}
    policy["Statement"].append(deny)
    kms.put_key_policy(KeyId=key, Policy=json.dumps(policy))
    error = refusal(kms.encrypt, KeyId=key, Plaintext=b"x")
    assert error["Code"] == "AccessDeniedException"
    assert error["Message"] == (
        f"User: {caller} is not authorized to perform: kms:Encrypt on resource: {key} "
        "with an explicit deny in a resource-based policy"
    )
    assert kms.list_key_policies(KeyId=key)["PolicyNames"] == ["default"]


def test_grants_are_given_listed_and_taken_back(kms, key):
    grantee = "arn:aws:iam::111122223333:user/alice"
    made = kms.create_grant(
        KeyId=key,
        GranteePrincipal=grantee,
        Operations=["Decrypt"],
        Constraints={"EncryptionContextEquals": {"a": "1"}},
    )
    [grant] = kms.list_grants(KeyId=key)["Grants"]
    assert (grant["GrantId"], grant["GranteePrincipal"]) == (made["GrantId"], grantee)
    assert grant["Constraints"] == {"EncryptionContextEquals": {"a": "1"}}
    kms.revoke_grant(KeyId=key, GrantId=made["GrantId"])
    assert kms.list_grants(KeyId=key)["Grants"] == []


def test_tags_descriptions_and_aliases_change(kms, key):
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "b", "TagValue": "2"}])
    kms.untag_resource(KeyId=key, TagKeys=["a"])
    assert kms.list_resource_tags(KeyId=key)["Tags"] == [{"TagKey": "b", "TagValue": "2"}]
    kms.update_key_description(KeyId=key, Description="changed")
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["Description"] == "changed"
    name = "alias/" + key[-12:]
    kms.create_alias(AliasName=name, TargetKeyId=key)
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.update_alias(AliasName=name, TargetKeyId=other)
    assert kms.describe_key(KeyId=name)["KeyMetadata"]["KeyId"] == other
    kms.delete_alias(AliasName=name)
    assert refusal(kms.describe_key, KeyId=name)["Code"] == "NotFoundException"


def test_deletion_is_scheduled_and_cancelled(kms, key):
    scheduled = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert (metadata["KeyState"], metadata["DeletionDate"]) == ("PendingDeletion", scheduled["DeletionDate"])
    assert refusal(kms.encrypt, KeyId=key, Plaintext=b"x")["Code"] == "KMSInvalidStateException"
    kms.cancel_key_deletion(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"


def test_grant_tokens_are_taken_or_refused(kms, key):
    grantee = "arn:aws:iam::111122223333:user/alice"
    token = kms.create_grant(KeyId=key, GranteePrincipal=grantee, Operations=["Decrypt"])["GrantToken"]
    made = kms.generate_data_key(KeyId=key, KeySpec="AES_256", GrantTokens=[token])
    assert kms.decrypt(CiphertextBlob=made["CiphertextBlob"], GrantTokens=[token])["Plaintext"] == made["Plaintext"]
    with pytest.raises(kms.exceptions.InvalidGrantTokenException):
        kms.decrypt(CiphertextBlob=made["CiphertextBlob"], GrantTokens=[token[:-8]])
    error = refusal(kms.decrypt, CiphertextBlob=made["CiphertextBlob"], GrantTokens=[token] * 11)
    assert error["Code"] == "ValidationException"


def test_a_policy_that_locks_its_author_out_is_bypassed_on_request_only(kms, key):
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:Encrypt", "Resource": "*"}
    policy = {"KeyId": key, "Policy": json.dumps({"Version": "2012-10-17", "Statement": statement})}
    assert refusal(kms.put_key_policy, **policy) == {
        "Code": "MalformedPolicyDocumentException",
        "Message": "The new key policy will not allow you to update the key policy in the future.",
    }
    kms.put_key_policy(**policy, BypassPolicyLockoutSafetyCheck=True)
    assert refusal(kms.describe_key, KeyId=key)["Code"] == "AccessDeniedException"
    kms.encrypt(KeyId=key, Plaintext=b"x")


def test_lists_come_in_pages(kms, key):
    kms.create_key()
    pages = list(kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 1}))
    keys = [entry["KeyArn"] for page in pages for entry in page["Keys"]]
    assert len(pages) == len(keys) >= 2
    assert len(set(keys)) == len(keys)
    assert key in keys


def test_a_dry_run_says_that_it_would_have_succeeded(kms, key):
    error = refusal(kms.generate_data_key, KeyId=key, KeySpec="AES_256", DryRun=True)
    assert error == {
        "Code": "DryRunOperationException",
        "Message": "The request would have succeeded, but the DryRun option is set.",
    }


def test_the_last_use_of_a_key_is_known(kms, key):
    assert kms.get_key_last_usage(KeyId=key)["KeyLastUsage"] == {}
    kms.encrypt(KeyId=key, Plaintext=b"x")
    assert kms.get_key_last_usage(KeyId=key)["KeyLastUsage"]["Operation"] == "Encrypt"


def test_keys_of_s3_itself_are_for_s3_only(s3, kms, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms")
    error = refusal(kms.encrypt, KeyId="alias/aws/s3", Plaintext=b"x")
    assert error["Code"] == "AccessDeniedException"
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
