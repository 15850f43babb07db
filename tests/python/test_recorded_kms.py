"""KMS: what Amazon answered, replayed."""

from recorded import NOBODYS, refused, replays
from support import client


@replays("TestKMS::test_generate_random_invalid_number_of_bytes", "None", "0", "1025")
def test_random_bytes_of_impossible_lengths(recorded_endpoint, recording, variant):
    length = {} if variant == "None" else {"NumberOfBytes": int(variant)}
    # boto3 would refuse some of them itself.
    kms = client("kms", recorded_endpoint, region="us-east-1", parameter_validation=False)
    recording.is_refused_like("generate-random-exc", refused(kms.generate_random, **length))


@replays("TestKMS::test_get_key_in_different_region")
def test_keys_of_another_region(amazon_kms, key, recording):
    elsewhere = key["Arn"].replace("us-east-1", "eu-west-1").replace(key["KeyId"], NOBODYS)
    recording.is_refused_like("describe-key-diff-region-with-id", refused(amazon_kms.describe_key, KeyId=NOBODYS))
    recording.is_refused_like("describe-key-diff-region-with-arn", refused(amazon_kms.describe_key, KeyId=elsewhere))


@replays("TestKMS::test_get_key_does_not_exist")
def test_keys_that_are_not_there(amazon_kms, key, recording):
    arn, multi_region = key["Arn"].replace(key["KeyId"], NOBODYS), f"mrk-{NOBODYS.replace('-', '')}"
    recording.is_refused_like("describe-nonexistent-key-with-id", refused(amazon_kms.describe_key, KeyId=NOBODYS))
    recording.is_refused_like("describe-nonexistent-with-arn", refused(amazon_kms.describe_key, KeyId=arn))
    recording.is_refused_like("describe-key-with-valid-id-mrk", refused(amazon_kms.describe_key, KeyId=multi_region))


@replays("TestKMS::test_get_key_invalid_uuid")
def test_ids_that_are_none(amazon_kms, recording):
    for step, name in {
        "describe-key-with-invalid-uuid": "fake-key-id",
        "describe-key-with-invalid-uuid-2": NOBODYS.replace("-", ""),
        "describe-key-with-invalid-uuid-mrk": "mrk-fake-key-id",
    }.items():
        recording.is_refused_like(step, refused(amazon_kms.describe_key, KeyId=name))


@replays("TestKMS::test_create_alias")
def test_an_alias_without_its_prefix(amazon_kms, key, recording):
    answer = refused(amazon_kms.create_alias, AliasName="no-prefix", TargetKeyId=key["KeyId"])
    recording.is_refused_like("create_alias", answer)


@replays("TestKMS::test_encrypt_decrypt_encryption_context")
def test_ciphertexts_under_another_context(amazon_kms, key, recording):
    encrypted = amazon_kms.encrypt(KeyId=key["KeyId"], Plaintext=b"a", EncryptionContext={"a": "b"})
    blob = {"CiphertextBlob": encrypted["CiphertextBlob"]}
    recording.is_refused_like("decrypt_response_without_encryption_context", refused(amazon_kms.decrypt, **blob))
    altered = {"CiphertextBlob": encrypted["CiphertextBlob"][:-1], "EncryptionContext": {"a": "b"}}
    recording.is_refused_like("decrypt_response_with_invalid_ciphertext", refused(amazon_kms.decrypt, **altered))


@replays("TestKMSGenerateKeys::test_encryption_context_generate_data_key")
def test_a_data_key_without_its_context(amazon_kms, key, recording):
    made = amazon_kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256", EncryptionContext={"a": "b"})
    answer = refused(amazon_kms.decrypt, CiphertextBlob=made["CiphertextBlob"])
    recording.is_refused_like("decrypt-without-encryption-context", answer)


@replays("TestKMSGenerateKeys::test_encryption_context_generate_data_key_without_plaintext")
def test_a_wrapped_data_key_without_its_context(amazon_kms, key, recording):
    named = {"KeyId": key["KeyId"], "KeySpec": "AES_256", "EncryptionContext": {"a": "b"}}
    made = amazon_kms.generate_data_key_without_plaintext(**named)
    answer = refused(amazon_kms.decrypt, CiphertextBlob=made["CiphertextBlob"])
    recording.is_refused_like("decrypt-without-encryption-context", answer)


@replays("TestKMS::test_re_encrypt_incorrect_source_key")
def test_another_source_key(amazon_kms, key, recording):
    other = amazon_kms.create_key()["KeyMetadata"]["KeyId"]
    blob = amazon_kms.encrypt(KeyId=key["KeyId"], Plaintext=b"a")["CiphertextBlob"]
    named = {"CiphertextBlob": blob, "SourceKeyId": other, "DestinationKeyId": other}
    recording.is_refused_like("incorrect-source-key", refused(amazon_kms.re_encrypt, **named))


@replays("TestKMS::test_tag_key_with_duplicate_tag_keys_raises_error")
def test_a_tag_twice(amazon_kms, key, recording):
    tags = [{"TagKey": "a", "TagValue": value} for value in "bc"]
    recording.is_refused_like("duplicate-tag-keys", refused(amazon_kms.tag_resource, KeyId=key["KeyId"], Tags=tags))


@replays("TestKMS::test_create_key_with_too_many_tags_raises_error")
def test_too_many_tags(amazon_kms, recording):
    tags = [{"TagKey": f"key-{number}", "TagValue": "a"} for number in range(51)]
    recording.is_refused_like("invalid-tag-key", refused(amazon_kms.create_key, Tags=tags))


@replays("TestKMS::test_tag_existing_key_with_invalid_tag_key")
def test_a_reserved_tag(amazon_kms, key, recording):
    tags = [{"TagKey": "aws:a", "TagValue": "b"}]
    recording.is_refused_like("invalid-tag-key", refused(amazon_kms.tag_resource, KeyId=key["KeyId"], Tags=tags))


@replays("TestKMS::test_create_key_with_invalid_tag_key[too_long_key]")
def test_a_tag_with_a_long_key(amazon_kms, recording):
    length = len("a" * 129)
    tags = [{"TagKey": "a" * length, "TagValue": "b"}]
    recording.is_refused_like("invalid-tag-key", refused(amazon_kms.create_key, Tags=tags))


@replays("TestKMS::test_key_with_long_tag_value_raises_error")
def test_a_tag_with_a_long_value(amazon_kms, recording):
    tags = [{"TagKey": "a", "TagValue": "v" * 257}]
    recording.is_refused_like("too-long-tag-value", refused(amazon_kms.create_key, Tags=tags))


@replays("TestKMS::test_create_key_with_invalid_tag_key", "lowercase_prefix", "uppercase_prefix")
def test_reserved_tags_of_a_new_key(amazon_kms, recording, variant):
    tags = [{"TagKey": "aws:a" if variant == "lowercase_prefix" else "AWS:a", "TagValue": "b"}]
    recording.is_refused_like("invalid-tag-key", refused(amazon_kms.create_key, Tags=tags))


@replays("TestKMS::test_rotate_key_on_demand_raises_error_given_key_is_disabled")
def test_rotation_of_a_disabled_key(amazon_kms, key, recording):
    amazon_kms.disable_key(KeyId=key["KeyId"])
    recording.is_refused_like("error-response", refused(amazon_kms.rotate_key_on_demand, KeyId=key["KeyId"]))


@replays("TestKMS::test_rotate_key_on_demand_raises_error_given_key_that_does_not_exist")
def test_rotation_of_no_key(amazon_kms, recording):
    recording.is_refused_like("error-response", refused(amazon_kms.rotate_key_on_demand, KeyId=NOBODYS))


@replays("TestKMS::test_key_rotations_limits")
def test_too_many_rotations(amazon_kms, key, recording):
    for _ in range(25):
        amazon_kms.rotate_key_on_demand(KeyId=key["KeyId"])
    recording.is_refused_like("error-response", refused(amazon_kms.rotate_key_on_demand, KeyId=key["KeyId"]))


@replays("TestKMS::test_hmac_create_key_invalid_operations")
def test_kinds_of_keys_that_are_none(amazon_kms, recording):
    for step, kind in {
        "create-hmac-key-without-key-usage": {"KeySpec": "HMAC_256"},
        "create-hmac-key-invalid-spec": {"KeySpec": "HMAC_random", "KeyUsage": "GENERATE_VERIFY_MAC"},
        "create-hmac-key-invalid-key-usage": {"KeySpec": "HMAC_256", "KeyUsage": "RANDOM"},
    }.items():
        recording.is_refused_like(step, refused(amazon_kms.create_key, **kind))


WRAPPED = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}


@replays("TestKMS::test_get_parameters_for_import")
def test_importing_into_a_key_of_kms_own(amazon_kms, key, recording):
    answer = refused(amazon_kms.get_parameters_for_import, KeyId=key["KeyId"], **WRAPPED)
    recording.is_refused_like("response-error", answer)


@replays("TestKMS::test_get_parameters_for_import_raises_for_non_external_kms_keys")
def test_importing_into_a_key_that_is_not_external(amazon_kms, key, recording):
    answer = refused(amazon_kms.get_parameters_for_import, KeyId=key["KeyId"], **WRAPPED)
    recording.is_refused_like("get-import-parameters-error", answer)
