//! Scheduled deletion: cancelled in time, or done when its day has come.

use super::*;
use crate::kms::key::SECONDS_PER_DAY;

const DAY: u64 = SECONDS_PER_DAY;

fn events(kms: &Kms, name: &str) -> Vec<Value> {
    let events = kms.events().iter().map(|event| serde_json::to_value(event).unwrap());
    events.filter(|event| event["eventName"] == name).collect()
}

/// The key of `alias/one`, on its way to deletion within seven days, and what it wrapped.
fn dying() -> (Kms, String, Value) {
    let mut kms = kms();
    let arn = kms.resolve("alias/one", NOW).unwrap();
    let made = ask_as(&mut kms, "user", NOW, "GenerateDataKey", &json!({ "KeyId": arn, "KeySpec": "AES_256" }));
    let schedule = json!({ "KeyId": arn, "PendingWindowInDays": 7 });
    let answer = ask_as(&mut kms, "user", NOW, "ScheduleKeyDeletion", &schedule);
    let expected = json!({
        "KeyId": arn, "DeletionDate": NOW + 7 * DAY, "KeyState": "PendingDeletion", "PendingWindowInDays": 7,
    });
    assert_eq!(answer, expected);
    (kms, arn, made["CiphertextBlob"].clone())
}

#[test]
fn on_its_day_a_key_is_gone_with_its_aliases_and_what_it_wrapped() {
    let (mut kms, arn, blob) = dying();
    let id = arn.rsplit('/').next().unwrap().to_owned();
    let material = hex::encode(kms.state.keys[&id].current().unwrap().bytes());
    let bytes = |kms: &Kms| String::from_utf8(kms.record().unwrap()).unwrap();
    let as_kept = format!("{:?}", hex::decode(&material).unwrap()).replace(' ', "");
    assert!(bytes(&kms).contains(&as_kept));

    let last = NOW + 7 * DAY - 1;
    assert_eq!(
        ask_as(&mut kms, "user", last, "DescribeKey", &json!({ "KeyId": arn }))["KeyMetadata"]["Arn"],
        arn.as_str()
    );
    for (name, message) in [
        (arn.clone(), format!("Key '{arn}' does not exist")),
        (id.clone(), format!("Key '{arn}' does not exist")),
        ("alias/one".to_owned(), "Alias arn:aws:kms:eu-west-1:111122223333:alias/one is not found.".to_owned()),
    ] {
        for operation in ["DescribeKey", "GenerateDataKey", "CancelKeyDeletion", "ScheduleKeyDeletion"] {
            if name.starts_with("alias/") && operation.ends_with("Deletion") {
                continue;
            }
            let input = json!({ "KeyId": name, "KeySpec": (operation == "GenerateDataKey").then_some("AES_256") });
            let refused = ask_as(&mut kms, "user", last + 1, operation, &input);
            assert_eq!(refused, json!({ "__type": "NotFoundException", "message": message }), "{operation}");
        }
    }
    let lists = [("ListKeys", "Keys"), ("ListAliases", "Aliases")];
    for (operation, name) in lists {
        assert_eq!(ask_as(&mut kms, "user", last + 1, operation, &json!({}))[name], json!([]), "{operation}");
    }
    let decrypt = |more: Value| {
        let mut input = json!({ "CiphertextBlob": blob });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let refused = ask_as(&mut kms, "user", last + 1, "Decrypt", &decrypt(json!({})));
    assert_eq!(refused["__type"], "AccessDeniedException");
    assert!(refused["Message"].as_str().unwrap().starts_with("The ciphertext refers to a customer master key"));
    let refused = ask_as(&mut kms, "user", last + 1, "Decrypt", &decrypt(json!({ "KeyId": arn })));
    assert_eq!(refused["__type"], "NotFoundException");
    assert!(!bytes(&kms).contains(&as_kept), "no material is kept");

    let [deleted] = &events(&kms, "DeleteKey")[..] else { panic!("one event") };
    assert_eq!(deleted["userIdentity"], json!({ "accountId": "111122223333", "invokedBy": "AWS Internal" }));
    assert_eq!((&deleted["eventType"], &deleted["readOnly"]), (&json!("AwsServiceEvent"), &json!(false)));
    assert_eq!(deleted["resources"][0]["ARN"], arn.as_str());
    assert_eq!(deleted["responseElements"], json!({ "keyId": arn }));
    assert_eq!(deleted["eventTime"], "2026-09-28T14:13:20Z");
}

#[test]
fn in_time_deletion_can_be_cancelled() {
    let (mut kms, arn, blob) = dying();
    let key = json!({ "KeyId": arn });
    let cancelled = ask_as(&mut kms, "user", NOW + 7 * DAY - 1, "CancelKeyDeletion", &key);
    assert_eq!(cancelled, key);
    let refused = ask_as(&mut kms, "user", NOW + 8 * DAY, "Decrypt", &json!({ "CiphertextBlob": blob }));
    assert_eq!(refused["__type"], "DisabledException");
    ask_as(&mut kms, "user", NOW + 8 * DAY, "EnableKey", &key);
    assert!(
        ask_as(&mut kms, "user", NOW + 99 * DAY, "Decrypt", &json!({ "CiphertextBlob": blob }))["Plaintext"]
            .is_string()
    );
    let again = ask_as(&mut kms, "user", NOW + 99 * DAY, "CancelKeyDeletion", &key);
    assert_eq!(again["__type"], "KMSInvalidStateException");
    assert_eq!(events(&kms, "DeleteKey"), [Value::Null; 0]);
    let [schedule] = &events(&kms, "ScheduleKeyDeletion")[..] else { panic!("one event") };
    assert_eq!(schedule["requestParameters"], json!({ "keyId": arn, "pendingWindowInDays": 7 }));
    let response = json!({
        "keyId": arn, "keyState": "PendingDeletion", "deletionDate": "Sep 28, 2026, 2:13:20 PM", "pendingWindowInDays": 7,
    });
    assert_eq!(schedule["responseElements"], response);
    assert_eq!(events(&kms, "CancelKeyDeletion")[0]["responseElements"], json!({ "keyId": arn }));
}

#[test]
fn the_window_is_of_7_to_30_days_and_30_unless_given() {
    let mut kms = kms();
    let arn = kms.resolve("alias/one", NOW).unwrap();
    for (days, bound) in [(6, "greater than or equal to 7"), (31, "less than or equal to 30")] {
        let input = json!({ "KeyId": arn, "PendingWindowInDays": days });
        let refused = ask_as(&mut kms, "user", NOW, "ScheduleKeyDeletion", &input);
        assert_eq!(refused["__type"], "ValidationException");
        assert!(refused["message"].as_str().unwrap().ends_with(bound), "{refused}");
    }
    let scheduled = ask_as(&mut kms, "user", NOW, "ScheduleKeyDeletion", &json!({ "KeyId": arn }));
    assert_eq!(scheduled["DeletionDate"], json!(NOW + 30 * DAY));
    let again = ask_as(&mut kms, "user", NOW, "ScheduleKeyDeletion", &json!({ "KeyId": arn }));
    assert_eq!(again["__type"], "KMSInvalidStateException");
}

#[test]
fn a_key_that_is_to_be_deleted_is_not_rotated_and_its_policy_can_be_changed() {
    let mut kms = kms();
    let arn = kms.resolve("alias/one", NOW).unwrap();
    let key = json!({ "KeyId": arn });
    ask_as(&mut kms, "user", NOW, "EnableKeyRotation", &key);
    ask_as(&mut kms, "user", NOW, "ScheduleKeyDeletion", &key);
    let enabled = |kms: &mut Kms| ask_as(kms, "user", NOW, "GetKeyRotationStatus", &key)["KeyRotationEnabled"].clone();
    assert_eq!(enabled(&mut kms), json!(false));
    let policy = ask_as(&mut kms, "user", NOW, "GetKeyPolicy", &key)["Policy"].clone();
    assert_eq!(ask_as(&mut kms, "user", NOW, "PutKeyPolicy", &json!({ "KeyId": arn, "Policy": policy })), json!({}));
    ask_as(&mut kms, "user", NOW, "CancelKeyDeletion", &key);
    assert_eq!(enabled(&mut kms), json!(true));
}
