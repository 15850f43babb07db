//! What Amazon's KMS itself answered, replayed: code and message of each refusal.
//!
//! Source: `LocalStack`'s snapshots of AWS (repository localstack/localstack, Apache-2.0, tests/aws/services/kms), by the
//! names of their scenarios. Left out: asymmetric and HMAC keys, imported material, multi-region keys and key pairs,
//! which are not simulated.

use super::*;

const MISSING: &str = "134f2428-cec1-4b25-a1ae-9048164dba47";

#[track_caller]
fn assert_refused(kms: &mut Kms, operation: &str, input: &Value, code: &str, message: &str) {
    let answer = ask_as(kms, "user", NOW, operation, input);
    assert_eq!((answer["__type"].as_str(), answer["message"].as_str()), (Some(code), Some(message)), "{operation}");
}

fn arn(kms: &mut Kms, key: &str) -> String {
    kms.resolve(key, NOW).unwrap()
}

#[test]
fn test_generate_random_invalid_number_of_bytes() {
    let mut kms = kms();
    let mut refused = |input: Value, message: &str| {
        assert_refused(&mut kms, "GenerateRandom", &input, "ValidationException", message);
    };
    let outside = |value: i32, bound: &str| {
        format!(
            "1 validation error detected: Value '{value}' at 'numberOfBytes' failed to satisfy constraint: Member must \
             have value {bound}"
        )
    };
    refused(json!({}), "NumberOfBytes is required.");
    refused(json!({ "NumberOfBytes": 0 }), &outside(0, "greater than or equal to 1"));
    refused(json!({ "NumberOfBytes": 1025 }), &outside(1025, "less than or equal to 1024"));
    for length in [1, 1024] {
        let made = ask_as(&mut kms, "user", NOW, "GenerateRandom", &json!({ "NumberOfBytes": length }));
        assert_eq!(STANDARD.decode(made["Plaintext"].as_str().unwrap()).unwrap().len(), length);
    }
}

#[test]
fn test_get_key_does_not_exist_and_invalid_uuid_and_in_different_region() {
    let mut kms = kms();
    let absent = format!("arn:aws:kms:eu-west-1:111122223333:key/{MISSING}");
    let message = format!("Key '{absent}' does not exist");
    for key in [MISSING, absent.as_str()] {
        assert_refused(&mut kms, "DescribeKey", &json!({ "KeyId": key }), "NotFoundException", &message);
        assert_refused(&mut kms, "RotateKeyOnDemand", &json!({ "KeyId": key }), "NotFoundException", &message);
    }
    let multi_region = "mrk-134f2428cec14b25a1ae9048164dba47";
    let message = format!("Key 'arn:aws:kms:eu-west-1:111122223333:key/{multi_region}' does not exist");
    assert_refused(&mut kms, "DescribeKey", &json!({ "KeyId": multi_region }), "NotFoundException", &message);
    for key in ["fake-key-id", "134f2428cec14b25a1ae9048164dba47", "mrk-fake-key-id"] {
        let message = format!("Invalid keyId '{key}'");
        assert_refused(&mut kms, "DescribeKey", &json!({ "KeyId": key }), "NotFoundException", &message);
    }
    let elsewhere = absent.replace("eu-west-1", "us-west-2");
    let input = json!({ "KeyId": elsewhere });
    assert_refused(&mut kms, "DescribeKey", &input, "NotFoundException", "Invalid arn us-west-2");
}

#[test]
fn test_create_alias() {
    let input = json!({ "AliasName": "one", "TargetKeyId": "alias/one" });
    let message = "Alias must start with the prefix \"alias/\". Please see \
                   https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html";
    assert_refused(&mut kms(), "CreateAlias", &input, "ValidationException", message);
}

#[test]
fn test_encrypt_decrypt_encryption_context() {
    let mut kms = kms();
    let input = json!({ "KeyId": "alias/one", "Plaintext": STANDARD.encode("x"), "EncryptionContext": { "a": "b" } });
    let blob = ask_as(&mut kms, "user", NOW, "Encrypt", &input)["CiphertextBlob"].clone();
    let without = json!({ "CiphertextBlob": blob });
    assert_refused(&mut kms, "Decrypt", &without, "InvalidCiphertextException", "");
    let invalid = json!({ "CiphertextBlob": STANDARD.encode("x"), "EncryptionContext": { "a": "b" } });
    assert_refused(&mut kms, "Decrypt", &invalid, "InvalidCiphertextException", "");
}

#[test]
fn test_encryption_context_generate_data_key_with_and_without_plaintext() {
    let mut kms = kms();
    for operation in ["GenerateDataKey", "GenerateDataKeyWithoutPlaintext"] {
        let input = json!({ "KeyId": "alias/one", "KeySpec": "AES_256", "EncryptionContext": { "a": "b" } });
        let made = ask_as(&mut kms, "user", NOW, operation, &input);
        assert_eq!(made["Plaintext"].is_string(), operation == "GenerateDataKey");
        let input = json!({ "CiphertextBlob": made["CiphertextBlob"] });
        assert_refused(&mut kms, "Decrypt", &input, "InvalidCiphertextException", "");
    }
}

#[test]
fn test_re_encrypt_incorrect_source_key_and_decrypt_invalid_key_id() {
    let mut kms = kms();
    kms.create_key_with_alias("two", NOW).unwrap();
    let input = json!({ "KeyId": "alias/one", "Plaintext": STANDARD.encode("x") });
    let blob = ask_as(&mut kms, "user", NOW, "Encrypt", &input)["CiphertextBlob"].clone();
    let message = "The key ID in the request does not identify a CMK that can perform this operation.";
    let input = json!({ "CiphertextBlob": blob, "SourceKeyId": "alias/two", "DestinationKeyId": "alias/one" });
    assert_refused(&mut kms, "ReEncrypt", &input, "IncorrectKeyException", message);
    let input = json!({ "CiphertextBlob": blob, "KeyId": "alias/two" });
    assert_refused(&mut kms, "Decrypt", &input, "IncorrectKeyException", message);
}

#[test]
fn tags() {
    let mut kms = kms();
    let tag = |name: &str, value: &str| json!([{ "TagKey": name, "TagValue": value }]);
    let arn = arn(&mut kms, "alias/one");
    let mut refused = |tags: Value, code: &str, message: &str| {
        assert_refused(&mut kms, "CreateKey", &json!({ "Tags": tags }), code, message);
        assert_refused(&mut kms, "TagResource", &json!({ "KeyId": arn, "Tags": tags }), code, message);
    };
    let twice = json!([{ "TagKey": "a", "TagValue": "1" }, { "TagKey": "a", "TagValue": "2" }]);
    refused(twice, "TagException", "Duplicate tag keys");
    let many: Vec<Value> = (0..51).map(|number| json!({ "TagKey": format!("k{number}"), "TagValue": "" })).collect();
    refused(json!(many), "TagException", "Too many tags");
    for name in ["aws:key", "AWS:key"] {
        refused(tag(name, ""), "TagException", "Tags beginning with aws: are reserved");
    }
    let too_long = |value: &str, place: &str, most: usize| {
        format!(
            "1 validation error detected: Value '{value}' at 'tags.1.member.{place}' failed to satisfy constraint: \
             Member must have length less than or equal to {most}"
        )
    };
    let (name, value) = ("a".repeat(129), "v".repeat(257));
    refused(tag(&name, ""), "ValidationException", &too_long(&name, "tagKey", 128));
    refused(tag("a", &value), "ValidationException", &too_long(&value, "tagValue", 256));
    // None of the refused requests left a key behind, or a tag.
    assert_eq!(kms.state.keys.len(), 1);
    let key = json!({ "KeyId": arn });
    assert_eq!(ask_as(&mut kms, "user", NOW, "ListResourceTags", &key)["Tags"], json!([]));
    ask_as(&mut kms, "user", NOW, "TagResource", &json!({ "KeyId": arn, "Tags": tag("a", "1") }));
    assert_eq!(ask_as(&mut kms, "user", NOW, "ListResourceTags", &key)["Tags"], tag("a", "1"));
    ask_as(&mut kms, "user", NOW, "UntagResource", &json!({ "KeyId": arn, "TagKeys": ["a"] }));
    assert_eq!(ask_as(&mut kms, "user", NOW, "ListResourceTags", &key)["Tags"], json!([]));
}

#[test]
fn test_rotate_key_on_demand_raises_error_given_key_is_disabled() {
    let mut kms = kms();
    let arn = arn(&mut kms, "alias/one");
    let key = json!({ "KeyId": arn });
    ask_as(&mut kms, "user", NOW, "DisableKey", &key);
    assert_refused(&mut kms, "RotateKeyOnDemand", &key, "DisabledException", &format!("{arn} is disabled."));
}

#[test]
fn test_key_rotations_limits() {
    let mut kms = kms();
    let arn = arn(&mut kms, "alias/one");
    let key = json!({ "KeyId": arn });
    for _ in 0..crate::kms::key::MAX_ON_DEMAND_ROTATIONS {
        assert_eq!(ask_as(&mut kms, "user", NOW, "RotateKeyOnDemand", &key)["KeyId"], arn.as_str());
    }
    let message = format!(
        "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed \
         for this key: {arn}"
    );
    assert_refused(&mut kms, "RotateKeyOnDemand", &key, "LimitExceededException", &message);
}

#[test]
fn dry_runs_end_before_anything_is_done() {
    let mut kms = kms();
    let arn = arn(&mut kms, "alias/one");
    let message = "The request would have succeeded, but the DryRun option is set.";
    for (operation, input) in [
        ("GenerateDataKey", json!({ "KeyId": "alias/one", "KeySpec": "AES_256", "DryRun": true })),
        ("Encrypt", json!({ "KeyId": "alias/one", "Plaintext": STANDARD.encode("x"), "DryRun": true })),
        (
            "CreateGrant",
            json!({
                "KeyId": arn, "GranteePrincipal": "arn:aws:iam::111122223333:user/bob",
                "Operations": ["Decrypt"], "DryRun": true,
            }),
        ),
    ] {
        assert_refused(&mut kms, operation, &input, "DryRunOperationException", message);
    }
    let listed = ask_as(&mut kms, "user", NOW, "ListGrants", &json!({ "KeyId": arn }));
    assert_eq!(listed["Grants"], json!([]));
}

#[test]
fn operations_that_are_for_keys_of_other_kinds() {
    let mut kms = kms();
    let arn = arn(&mut kms, "alias/one");
    let key = json!({ "KeyId": arn });
    for operation in ["GenerateMac", "VerifyMac", "Sign", "Verify", "DeriveSharedSecret"] {
        let message = format!("{arn} key usage is ENCRYPT_DECRYPT which is not valid for {operation}.");
        assert_refused(&mut kms, operation, &key, "InvalidKeyUsageException", &message);
    }
    let message = format!("{arn} origin is AWS_KMS which is not valid for this operation.");
    assert_refused(&mut kms, "GetParametersForImport", &key, "UnsupportedOperationException", &message);
    let message = format!("{arn} is not a multi-region primary key.");
    assert_refused(&mut kms, "ReplicateKey", &key, "UnsupportedOperationException", &message);
}
