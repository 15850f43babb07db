//! Keys, contexts, states, the JSON API, and what never shows.

mod access;
mod deletion;
mod recorded;
mod rotation;

use super::*;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

const NOW: u64 = 1_790_000_000;

fn caller() -> Caller {
    named("user")
}

fn named(name: &str) -> Caller {
    let text = str::to_owned;
    Caller {
        access_key: text("AK"),
        user_id: text("U"),
        display_name: text(name),
        account_id: text("111122223333"),
        kms_refused: None,
    }
}

/// What the API answers somebody who calls it themselves, at a time.
fn ask_as(kms: &mut Kms, name: &str, now: u64, operation: &str, input: &Value) -> Value {
    let caller = named(name);
    let call = Call { caller: &caller, now, via_s3: false, is_secure: true, request_id: "R".to_owned() };
    let answer = kms.handle_json(&call, &format!("TrentService.{operation}"), input.to_string().as_bytes());
    serde_json::from_slice(&answer.body).unwrap()
}

fn with_call<T>(work: impl FnOnce(&Call<'_>) -> T) -> T {
    let caller = caller();
    work(&Call { caller: &caller, now: NOW, via_s3: true, is_secure: true, request_id: "R".to_owned() })
}

fn kms() -> Kms {
    let mut kms = Kms::new("eu-west-1", "111122223333");
    kms.create_key_with_alias("one", NOW).unwrap();
    kms
}

fn context(pairs: &[(&str, &str)]) -> Context {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn ask(kms: &mut Kms, operation: &str, input: &Value) -> (u16, Value) {
    let answer =
        with_call(|call| kms.handle_json(call, &format!("TrentService.{operation}"), input.to_string().as_bytes()));
    (answer.status, serde_json::from_slice(&answer.body).unwrap())
}

#[test]
fn a_data_key_unwraps_under_its_context_only() {
    let mut kms = kms();
    let right = context(&[("a", "1"), ("b", "2")]);
    let made = with_call(|call| kms.generate_data_key(call, "alias/one", &right)).unwrap();
    let (arn, plaintext) = with_call(|call| kms.decrypt(call, &made.ciphertext_blob, &right)).unwrap();
    assert_eq!(arn, made.key_arn);
    assert_eq!(plaintext[..], made.plaintext[..]);
    for wrong in
        [context(&[]), context(&[("a", "1")]), context(&[("a", "2"), ("b", "1")]), context(&[("a", "1b"), ("", "2")])]
    {
        let refused = with_call(|call| kms.decrypt(call, &made.ciphertext_blob, &wrong)).unwrap_err();
        assert_eq!((refused.code(), refused.message()), ("InvalidCiphertextException", ""));
    }
}

#[test]
fn a_blob_that_was_touched_anywhere_is_refused() {
    let mut kms = kms();
    let made = with_call(|call| kms.generate_data_key(call, "alias/one", &context(&[]))).unwrap();
    for position in 0..made.ciphertext_blob.len() {
        let mut altered = made.ciphertext_blob.clone();
        altered[position] ^= 1;
        let refused = with_call(|call| kms.decrypt(call, &altered, &context(&[]))).unwrap_err();
        assert_eq!(refused.code(), "InvalidCiphertextException", "byte {position}");
    }
    for length in 0..made.ciphertext_blob.len() {
        assert!(with_call(|call| kms.decrypt(call, &made.ciphertext_blob[..length], &context(&[]))).is_err());
    }
}

#[test]
fn keys_are_found_by_id_alias_and_arns_and_the_rest_is_refused_in_kms_words() {
    let mut kms = kms();
    let arn = kms.resolve("alias/one", NOW).unwrap();
    let id = arn.rsplit('/').next().unwrap().to_owned();
    for name in [id.as_str(), arn.as_str(), "arn:aws:kms:eu-west-1:111122223333:alias/one"] {
        assert_eq!(kms.resolve(name, NOW), Ok(arn.clone()), "{name}");
    }
    let message = |kms: &mut Kms, name: &str| kms.resolve(name, NOW).unwrap_err().to_string();
    assert_eq!(message(&mut kms, "fake-key-id"), "NotFoundException: Invalid keyId 'fake-key-id'");
    let absent = "134f2428-cec1-4b25-a1ae-9048164dba47";
    let expected = format!("NotFoundException: Key 'arn:aws:kms:eu-west-1:111122223333:key/{absent}' does not exist");
    assert_eq!(message(&mut kms, absent), expected);
    let elsewhere = format!("arn:aws:kms:us-west-2:111122223333:key/{id}");
    assert_eq!(message(&mut kms, &elsewhere), "NotFoundException: Invalid arn us-west-2");
}

#[test]
fn the_key_of_s3_itself_is_made_on_first_use() {
    let mut kms = kms();
    let arn = kms.resolve("alias/aws/s3", NOW).unwrap();
    assert_eq!(kms.resolve("alias/aws/s3", NOW), Ok(arn.clone()));
    let (_, answer) = ask(&mut kms, "DescribeKey", &json!({ "KeyId": arn }));
    assert_eq!(answer["KeyMetadata"]["KeyManager"], "AWS");
    let (status, refused) = ask(&mut kms, "CreateAlias", &json!({ "AliasName": "alias/aws/x", "TargetKeyId": arn }));
    assert_eq!((status, refused["__type"].as_str()), (400, Some("NotAuthorizedException")));
}

#[test]
fn a_disabled_or_dying_key_neither_wraps_nor_unwraps() {
    let mut kms = kms();
    let arn = kms.resolve("alias/one", NOW).unwrap();
    let made = with_call(|call| kms.generate_data_key(call, "alias/one", &context(&[]))).unwrap();
    let both = |kms: &mut Kms, code: &str, message: String| {
        let wrap = with_call(|call| kms.generate_data_key(call, &arn, &context(&[]))).unwrap_err();
        let unwrap = with_call(|call| kms.decrypt(call, &made.ciphertext_blob, &context(&[]))).unwrap_err();
        assert_eq!((wrap.code(), wrap.message()), (code, message.as_str()));
        assert_eq!(wrap, unwrap);
    };
    ask(&mut kms, "DisableKey", &json!({ "KeyId": arn }));
    both(&mut kms, "DisabledException", format!("{arn} is disabled."));
    ask(&mut kms, "EnableKey", &json!({ "KeyId": arn }));
    ask(&mut kms, "ScheduleKeyDeletion", &json!({ "KeyId": arn, "PendingWindowInDays": 7 }));
    both(&mut kms, "KMSInvalidStateException", format!("{arn} is pending deletion."));
    ask(&mut kms, "CancelKeyDeletion", &json!({ "KeyId": arn }));
    both(&mut kms, "DisabledException", format!("{arn} is disabled."));
    ask(&mut kms, "EnableKey", &json!({ "KeyId": arn }));
    assert!(with_call(|call| kms.decrypt(call, &made.ciphertext_blob, &context(&[]))).is_ok());
}

#[test]
fn the_json_api_wraps_unwraps_and_wraps_anew() {
    let mut kms = kms();
    kms.create_key_with_alias("two", NOW).unwrap();
    let plaintext = STANDARD.encode(b"secret");
    let encryption_context = json!({ "a": "b" });
    let input = json!({ "KeyId": "alias/one", "Plaintext": plaintext, "EncryptionContext": encryption_context });
    let (_, encrypted) = ask(&mut kms, "Encrypt", &input);
    let decrypt = |blob: &Value, context: &Value| json!({ "CiphertextBlob": blob, "EncryptionContext": context });
    let (status, decrypted) = ask(&mut kms, "Decrypt", &decrypt(&encrypted["CiphertextBlob"], &encryption_context));
    assert_eq!((status, decrypted["Plaintext"].as_str()), (200, Some(plaintext.as_str())));
    let named = json!({
        "CiphertextBlob": encrypted["CiphertextBlob"], "EncryptionContext": encryption_context, "KeyId": "alias/two",
    });
    assert_eq!(ask(&mut kms, "Decrypt", &named).1["__type"], "IncorrectKeyException");
    let again = json!({
        "CiphertextBlob": encrypted["CiphertextBlob"],
        "SourceEncryptionContext": encryption_context,
        "DestinationKeyId": "alias/two",
    });
    let (_, rewrapped) = ask(&mut kms, "ReEncrypt", &again);
    let (_, decrypted) = ask(&mut kms, "Decrypt", &decrypt(&rewrapped["CiphertextBlob"], &json!({})));
    assert_eq!(decrypted["Plaintext"], plaintext.as_str());
}

#[test]
fn the_json_api_refuses_what_kms_refuses() {
    let mut kms = kms();
    let mut code =
        |operation: &str, input: Value| ask(&mut kms, operation, &input).1["__type"].as_str().unwrap().to_owned();
    assert_eq!(code("GenerateRandom", json!({})), "ValidationException");
    assert_eq!(code("GenerateRandom", json!({ "NumberOfBytes": 0 })), "ValidationException");
    assert_eq!(code("GenerateRandom", json!({ "NumberOfBytes": 1025 })), "ValidationException");
    let both = json!({ "KeyId": "alias/one", "KeySpec": "AES_256", "NumberOfBytes": 32 });
    assert_eq!(code("GenerateDataKey", both), "ValidationException");
    assert_eq!(code("Encrypt", json!({ "KeyId": "alias/one", "Plaintext": "" })), "ValidationException");
    let rsa = json!({ "KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT" });
    assert_eq!(code("CreateKey", rsa), "UnsupportedOperationException");
    assert_eq!(code("CreateAlias", json!({ "AliasName": "one", "TargetKeyId": "alias/one" })), "ValidationException");
    assert_eq!(code("GenerateDataKeyPair", json!({})), "UnknownOperationException");
    assert_eq!(code("Decrypt", json!({ "CiphertextBlob": 5 })), "ValidationException");
    assert_eq!(code("Decrypt", json!([])), "SerializationException");
}

#[test]
fn the_state_is_read_from_its_record_and_from_nothing_else() {
    let mut kms = kms();
    let made = with_call(|call| kms.generate_data_key(call, "alias/one", &context(&[]))).unwrap();
    assert!(kms.take_changed());
    assert!(!kms.take_changed());
    let record = kms.record().unwrap();
    assert_eq!(record.len(), record.capacity(), "written in one piece");
    assert!(Kms::read("eu-west-1", "111122223333", &record[1..]).is_err());
    let mut read = Kms::read("eu-west-1", "111122223333", &record).unwrap();
    let (_, plaintext) = with_call(|call| read.decrypt(call, &made.ciphertext_blob, &context(&[]))).unwrap();
    assert_eq!(plaintext[..], made.plaintext[..]);
}

#[test]
fn events_tell_who_used_which_key_and_no_secret() {
    let mut kms = kms();
    let made = with_call(|call| kms.generate_data_key(call, "alias/one", &context(&[("a", "b")]))).unwrap();
    let _ = with_call(|call| kms.decrypt(call, &made.ciphertext_blob, &context(&[])));
    let events: Vec<Value> = kms.events().iter().map(|event| serde_json::to_value(event).unwrap()).collect();
    let [generated, refused] = &events[..] else { panic!("{} events", events.len()) };
    assert_eq!(generated["eventName"], "GenerateDataKey");
    assert_eq!(generated["requestParameters"]["encryptionContext"]["a"], "b");
    assert_eq!(generated["resources"][0]["ARN"], made.key_arn.as_str());
    assert_eq!(generated["userIdentity"]["invokedBy"], "AWS Internal");
    assert_eq!(refused["errorCode"], "InvalidCiphertextException");
    let all = serde_json::to_string(&events).unwrap();
    assert!(!all.contains(&STANDARD.encode(&made.plaintext[..])) && !all.contains(&hex::encode(&made.plaintext[..])));
}

#[test]
fn events_are_bounded_and_debug_shows_no_material() {
    let mut kms = kms();
    for _ in 0..=MAX_EVENTS {
        let _ = with_call(|call| kms.generate_data_key(call, "alias/one", &context(&[])));
    }
    assert_eq!(kms.events().len(), MAX_EVENTS);
    assert!(format!("{:?}", kms.state.keys.values().next().unwrap()).ends_with("Enabled, .. }"));
}
