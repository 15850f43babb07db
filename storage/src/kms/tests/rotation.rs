//! Rotation, on demand and by the calendar, and the record of a key's last use.

use super::*;
use crate::kms::key::SECONDS_PER_DAY;

fn data_key(kms: &mut Kms, now: u64) -> Value {
    ask_as(kms, "user", now, "GenerateDataKey", &json!({ "KeyId": "alias/one", "NumberOfBytes": 16 }))
}

fn opens(kms: &mut Kms, made: &Value) -> bool {
    let opened = ask_as(kms, "user", NOW, "Decrypt", &json!({ "CiphertextBlob": made["CiphertextBlob"] }));
    opened["Plaintext"] == made["Plaintext"] && opened["KeyMaterialId"] == made["KeyMaterialId"]
}

#[test]
fn what_older_material_wrapped_still_opens_and_new_data_keys_are_under_the_new() {
    let mut kms = kms();
    let key = json!({ "KeyId": kms.resolve("alias/one", NOW).unwrap() });
    let old = data_key(&mut kms, NOW);
    ask_as(&mut kms, "user", NOW + 1, "RotateKeyOnDemand", &key);
    let new = data_key(&mut kms, NOW + 2);
    assert_ne!(old["KeyMaterialId"], new["KeyMaterialId"]);
    assert!(opens(&mut kms, &old) && opens(&mut kms, &new));
    let described = ask_as(&mut kms, "user", NOW, "DescribeKey", &key);
    assert_eq!(described["KeyMetadata"]["CurrentKeyMaterialId"], new["KeyMaterialId"]);
    let listed = ask_as(&mut kms, "user", NOW, "ListKeyRotations", &key);
    assert_eq!(listed["Rotations"][0]["RotationDate"], json!(NOW + 1));
    assert_eq!(listed["Rotations"][0]["RotationType"], "ON_DEMAND");
    // Also after a restart.
    let mut opened = Kms::read("eu-west-1", "111122223333", &kms.record().unwrap()).unwrap();
    assert!(opens(&mut opened, &old) && opens(&mut opened, &new));
}

#[test]
fn a_blob_that_names_another_of_the_keys_materials_does_not_open() {
    let mut kms = kms();
    let old = data_key(&mut kms, NOW);
    let key = json!({ "KeyId": kms.resolve("alias/one", NOW).unwrap() });
    ask_as(&mut kms, "user", NOW, "RotateKeyOnDemand", &key);
    let new = data_key(&mut kms, NOW);
    let bytes = |made: &Value| STANDARD.decode(made["CiphertextBlob"].as_str().unwrap()).unwrap();
    let (old, mut forged) = (bytes(&old), bytes(&new));
    forged[37..69].copy_from_slice(&old[37..69]);
    let refused = ask_as(&mut kms, "user", NOW, "Decrypt", &json!({ "CiphertextBlob": STANDARD.encode(forged) }));
    assert_eq!(refused["__type"], "InvalidCiphertextException");
}

#[test]
fn the_calendar_rotates_when_a_period_is_over() {
    let mut kms = kms();
    let key = json!({ "KeyId": kms.resolve("alias/one", NOW).unwrap() });
    let status = ask_as(&mut kms, "user", NOW, "GetKeyRotationStatus", &key);
    assert_eq!(status["KeyRotationEnabled"], json!(false));
    for days in [89, 2561] {
        let input = json!({ "KeyId": key["KeyId"], "RotationPeriodInDays": days });
        assert_eq!(ask_as(&mut kms, "user", NOW, "EnableKeyRotation", &input)["__type"], "ValidationException");
    }
    ask_as(&mut kms, "user", NOW, "EnableKeyRotation", &json!({ "KeyId": key["KeyId"], "RotationPeriodInDays": 90 }));
    let due = NOW + 90 * SECONDS_PER_DAY;
    let first = data_key(&mut kms, due - 1);
    let second = data_key(&mut kms, due);
    assert_ne!(first["KeyMaterialId"], second["KeyMaterialId"]);
    assert_eq!(data_key(&mut kms, due + 1)["KeyMaterialId"], second["KeyMaterialId"]);
    let status = ask_as(&mut kms, "user", due, "GetKeyRotationStatus", &key);
    assert_eq!(
        (&status["RotationPeriodInDays"], &status["NextRotationDate"]),
        (&json!(90), &json!(due + 90 * SECONDS_PER_DAY))
    );
    let listed = ask_as(&mut kms, "user", due, "ListKeyRotations", &key);
    assert_eq!(listed["Rotations"][0]["RotationType"], "AUTOMATIC");
    ask_as(&mut kms, "user", due, "DisableKeyRotation", &key);
    let later = data_key(&mut kms, due + 900 * SECONDS_PER_DAY);
    assert_eq!(later["KeyMaterialId"], second["KeyMaterialId"]);
    assert!(opens(&mut kms, &first));
}

#[test]
fn the_last_use_is_known_with_its_event() {
    let mut kms = kms();
    let key = json!({ "KeyId": kms.resolve("alias/one", NOW).unwrap() });
    let unused = ask_as(&mut kms, "user", NOW, "GetKeyLastUsage", &key);
    assert_eq!(unused["KeyLastUsage"], json!({}));
    data_key(&mut kms, NOW + 7);
    let event = serde_json::to_value(kms.events().back().unwrap()).unwrap();
    ask_as(&mut kms, "user", NOW + 8, "DescribeKey", &key);
    ask_as(&mut kms, "user", NOW + 9, "Decrypt", &json!({ "CiphertextBlob": "AAAA" }));
    let usage = ask_as(&mut kms, "user", NOW + 10, "GetKeyLastUsage", &key)["KeyLastUsage"].clone();
    assert_eq!((&usage["Operation"], &usage["Timestamp"]), (&json!("GenerateDataKey"), &json!(NOW + 7)));
    assert_eq!(usage["CloudTrailEventId"], event["eventID"]);
}
