//! What the API's model says of parameters: which have to be there, how long they are, what they may be. KMS checks it before
//! anything else, and names all that is wrong at once.
//!
//! Source: AWS KMS API Reference, and the service's model in AWS's SDKs (2014-11-01).

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use zeroize::Zeroizing;

use super::super::KmsError;
use super::input::{Input, camel_case};

/// What a parameter may be. Lengths are in characters, of blobs in bytes.
enum Shape {
    Text(usize, usize, Pattern),
    OneOf(&'static [&'static str]),
    Number(i64, i64),
    Blob(usize, usize),
    /// A list of so many at most, of texts.
    Texts(usize, &'static Self),
}

/// What a text is made of, as the model writes it, and by character.
type Pattern = Option<(&'static str, fn(char) -> bool)>;

const fn text(least: usize, most: usize) -> Shape {
    Shape::Text(least, most, None)
}

const ALIAS: Pattern = Some(("^[a-zA-Z0-9:/_-]+$", |c| c.is_ascii_alphanumeric() || ":/_-".contains(c)));
const PRINCIPAL: Pattern = Some(("^[\\w+=,.@:/-]+$", |c| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c)));
const WORD: Pattern = Some(("[\\w]+", |c| c.is_ascii_alphanumeric() || c == '_'));
const LATIN: Pattern = Some(("[\\u0020-\\u00FF]*", |c| ('\u{20}'..='\u{ff}').contains(&c)));
const DOCUMENT: Pattern =
    Some(("[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+", |c| "\t\n\r".contains(c) || ('\u{20}'..='\u{ff}').contains(&c)));
const ALGORITHMS: Shape = Shape::OneOf(&["SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SM2PKE"]);
const KEY: Shape = text(1, 2048);

/// The parameters whose shape matters. Those that are not simulated, and those of keys to be made, are looked at elsewhere.
const SHAPES: [(&str, Shape); 27] = [
    ("AliasName", Shape::Text(1, 256, ALIAS)),
    ("CiphertextBlob", Shape::Blob(1, 6144)),
    ("Description", text(0, 8192)),
    ("DestinationEncryptionAlgorithm", ALGORITHMS),
    ("DestinationKeyId", KEY),
    ("DryRunModifiers", Shape::Texts(usize::MAX, &Shape::OneOf(&["IGNORE_CIPHERTEXT"]))),
    ("EncryptionAlgorithm", ALGORITHMS),
    ("GrantId", text(1, 128)),
    ("GrantToken", text(1, 8192)),
    ("GrantTokens", Shape::Texts(10, &text(1, 8192))),
    ("GranteePrincipal", Shape::Text(1, 256, PRINCIPAL)),
    ("IncludeKeyMaterial", Shape::OneOf(&["ALL_KEY_MATERIAL", "ROTATIONS_ONLY"])),
    ("KeyId", KEY),
    ("Limit", Shape::Number(1, 1000)),
    ("Marker", Shape::Text(1, 1024, LATIN)),
    ("Name", Shape::Text(1, 256, ALIAS)),
    ("NumberOfBytes", Shape::Number(1, 1024)),
    ("Plaintext", Shape::Blob(1, 4096)),
    ("Policy", Shape::Text(1, 131_072, DOCUMENT)),
    ("PolicyName", Shape::Text(1, 128, WORD)),
    ("RetiringPrincipal", Shape::Text(1, 256, PRINCIPAL)),
    ("RotationPeriodInDays", Shape::Number(90, 2560)),
    ("PendingWindowInDays", Shape::Number(7, 30)),
    ("SourceEncryptionAlgorithm", ALGORITHMS),
    ("SourceKeyId", KEY),
    ("TagKeys", Shape::Texts(usize::MAX, &text(1, 128))),
    ("TargetKeyId", KEY),
];

/// What a data key may be named by.
const DATA_KEY_SPECS: Shape = Shape::OneOf(&["AES_256", "AES_128"]);

/// What operations cannot be without: all that there are, those that differ in nothing in one line.
const REQUIRED: [(&[&str], &[&str]); 12] = [
    (&["CreateKey", "Decrypt", "GenerateRandom", "ListAliases", "ListKeys", "ListRetirableGrants", "RetireGrant"], &[]),
    (
        &[
            "CancelKeyDeletion",
            "DeleteImportedKeyMaterial",
            "DeriveSharedSecret",
            "DescribeKey",
            "DisableKey",
            "DisableKeyRotation",
            "EnableKey",
            "EnableKeyRotation",
            "GenerateDataKey",
            "GenerateDataKeyWithoutPlaintext",
            "GenerateMac",
            "GetKeyLastUsage",
            "GetKeyPolicy",
            "GetKeyRotationStatus",
            "GetParametersForImport",
            "ImportKeyMaterial",
            "ListGrants",
            "ListKeyPolicies",
            "ListKeyRotations",
            "ListResourceTags",
            "ReplicateKey",
            "RotateKeyOnDemand",
            "ScheduleKeyDeletion",
            "Sign",
            "UpdatePrimaryRegion",
            "Verify",
            "VerifyMac",
        ],
        &["KeyId"],
    ),
    (&["CreateAlias", "UpdateAlias"], &["AliasName", "TargetKeyId"]),
    (&["CreateGrant"], &["KeyId", "Operations"]),
    (&["DeleteAlias"], &["AliasName"]),
    (&["Encrypt"], &["KeyId", "Plaintext"]),
    (&["PutKeyPolicy"], &["KeyId", "Policy"]),
    (&["ReEncrypt"], &["DestinationKeyId"]),
    (&["RevokeGrant"], &["KeyId", "GrantId"]),
    (&["TagResource"], &["KeyId", "Tags"]),
    (&["UntagResource"], &["KeyId", "TagKeys"]),
    (&["UpdateKeyDescription"], &["KeyId", "Description"]),
];

/// Checks the parameters of an operation, as far as one at a time can be checked.
pub(super) fn check(operation: &str, input: &Input) -> Result<(), KmsError> {
    let Some((_, required)) = REQUIRED.iter().find(|(names, _)| names.contains(&operation)) else { return Ok(()) };
    let missing = required.iter().filter(|name| input.value(name).is_none());
    let mut faults: Vec<String> =
        missing.map(|name| fault("Value null", &camel_case(name), "Member must not be null")).collect();
    for (name, shape) in &SHAPES {
        if let Some(value) = input.value(name) {
            shape.check(&camel_case(name), value, &mut faults);
        }
    }
    if let Some(value) = input.value("KeySpec").filter(|_| operation.starts_with("GenerateDataKey")) {
        DATA_KEY_SPECS.check("keySpec", value, &mut faults);
    }
    refused(&faults)
}

/// The refusal of what is wrong, if anything is.
fn refused(faults: &[String]) -> Result<(), KmsError> {
    match faults {
        [] => Ok(()),
        [one] => Err(KmsError::validation(&format!("1 validation error detected: {one}"))),
        all => Err(KmsError::validation(&format!("{} validation errors detected: {}", all.len(), all.join("; ")))),
    }
}

/// The refusal of one parameter, in Amazon's words for whatever breaks its model.
pub(super) fn refusal(value: &str, place: &str, constraint: &str) -> KmsError {
    KmsError::validation(&format!("1 validation error detected: {}", fault(value, place, constraint)))
}

fn fault(value: &str, place: &str, constraint: &str) -> String {
    format!("{value} at '{place}' failed to satisfy constraint: {constraint}")
}

impl Shape {
    /// Adds what is wrong with a value. A value of another type is left to whoever reads it.
    fn check(&self, place: &str, value: &Value, faults: &mut Vec<String>) {
        match (self, value) {
            (Self::Text(least, most, pattern), Value::String(text)) => {
                let shown = format!("Value '{text}'");
                let mut add = |constraint: &str| faults.push(fault(&shown, place, constraint));
                check_length(text.chars().count(), *least, *most, &mut add);
                if let Some((pattern, _)) = pattern.filter(|(_, fits)| !text.chars().all(fits)) {
                    add(&format!("Member must satisfy regular expression pattern: {pattern}"));
                }
            }
            (Self::OneOf(names), Value::String(text)) if !names.contains(&text.as_str()) => {
                let constraint = format!("Member must satisfy enum value set: [{}]", names.join(", "));
                faults.push(fault(&format!("Value '{text}'"), place, &constraint));
            }
            (Self::Number(least, most), Value::Number(number)) => {
                let shown = format!("Value '{number}'");
                let mut add =
                    |bound: &str| faults.push(fault(&shown, place, &format!("Member must have value {bound}")));
                match number.as_i64() {
                    Some(number) if number < *least => add(&format!("greater than or equal to {least}")),
                    Some(number) if number > *most => add(&format!("less than or equal to {most}")),
                    _ => {}
                }
            }
            (Self::Blob(least, most), Value::String(text)) => {
                let length = STANDARD.decode(text).map_or(*least, |bytes| Zeroizing::new(bytes).len());
                let shown = if place == "plaintext" {
                    "Value".to_owned()
                } else {
                    format!("Value 'java.nio.HeapByteBuffer[pos=0 lim={length} cap={length}]'")
                };
                let mut add = |constraint: &str| faults.push(fault(&shown, place, constraint));
                check_length(length, *least, *most, &mut add);
            }
            (Self::Texts(most, each), Value::Array(texts)) => {
                let shown = texts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
                let mut add = |constraint: &str| faults.push(fault(&format!("Value '[{shown}]'"), place, constraint));
                check_length(texts.len(), 0, *most, &mut add);
                for (index, text) in texts.iter().enumerate() {
                    each.check(&format!("{place}.{}.member", index + 1), text, faults);
                }
            }
            _ => {}
        }
    }
}

fn check_length(length: usize, least: usize, most: usize, add: &mut impl FnMut(&str)) {
    if length < least {
        add(&format!("Member must have length greater than or equal to {least}"));
    } else if length > most {
        add(&format!("Member must have length less than or equal to {most}"));
    }
}
