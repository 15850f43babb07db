//! Key policies: what their conditions can ask about, and that nobody locks themselves out by mistake.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::support::{ALICE, Answer, Client, KMS_KEY_ID, SSE, scenario, with_users};

const ADMIN: &str = "arn:aws:iam::111122223333:user/demo";
const USER: &str = "arn:aws:iam::111122223333:user/alice";

/// Someone who may do everything with a key, someone who may do what the key's policy lets them, and the key's ARN.
struct Parties {
    admin: Client,
    user: Client,
    arn: String,
}

impl Parties {
    /// A key that lets the user do something under a condition.
    async fn new(actions: Value, condition: Value) -> Self {
        let admin = Client::with(with_users).await;
        let user = admin.also_as(ALICE);
        let made = admin.kms("CreateKey", json!({ "Policy": policy(&actions, &condition) })).await.assert_ok().json();
        let arn = made["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();
        Self { admin, user, arn }
    }

    async fn alias(&self, name: &str) {
        let input = json!({ "AliasName": name, "TargetKeyId": self.arn });
        self.admin.kms("CreateAlias", input).await.assert_ok();
    }

    /// Whether the user may do something, for which the policy is the only obstacle.
    async fn may(&self, operation: &str, mut input: Value) -> bool {
        input.as_object_mut().unwrap().entry("KeyId").or_insert_with(|| self.arn.as_str().into());
        let answer = self.user.kms(operation, input).await;
        let code = answer.json()["__type"].clone();
        assert!(answer.status == 200 || code == "AccessDeniedException", "{}", answer.text());
        answer.status == 200
    }
}

fn policy(actions: &Value, condition: &Value) -> String {
    let statement = |principal: &str, actions: &Value, condition: &Value| {
        json!({
            "Effect": "Allow", "Principal": { "AWS": principal }, "Action": actions, "Resource": "*", "Condition": condition,
        })
    };
    let statements = [statement(ADMIN, &json!("kms:*"), &json!({})), statement(USER, actions, condition)];
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

fn refusal(answer: &Answer) -> (Value, Value) {
    let json = answer.json();
    (json["__type"].clone(), json["message"].clone())
}

#[scenario]
async fn by_the_alias_that_the_request_has_the_key_by() {
    let condition = json!({ "StringLike": { "kms:RequestAlias": "alias/team-*" } });
    let parties =
        Parties::new(json!(["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey", "kms:ReEncrypt*"]), condition).await;
    parties.alias("alias/team-a").await;
    parties.alias("alias/other").await;
    let plaintext = STANDARD.encode("x");
    let encrypt = |name: &str| json!({ "KeyId": name, "Plaintext": plaintext });
    assert!(parties.may("Encrypt", encrypt("alias/team-a")).await);
    let by_arn = parties.arn.replace(&parties.arn[parties.arn.find("key/").unwrap()..], "alias/team-a");
    assert!(parties.may("Encrypt", encrypt(&by_arn)).await, "{by_arn}");
    assert!(!parties.may("Encrypt", encrypt("alias/other")).await);
    assert!(!parties.may("Encrypt", encrypt(&parties.arn)).await);
    assert!(parties.may("DescribeKey", json!({ "KeyId": "alias/team-a" })).await);
    let encrypted = parties.admin.kms("Encrypt", encrypt(&parties.arn)).await.assert_ok().json();
    let blob = &encrypted["CiphertextBlob"];
    assert!(parties.may("Decrypt", json!({ "KeyId": "alias/team-a", "CiphertextBlob": blob })).await);
    // Without a name in the request there is no alias in it.
    let unnamed = parties.user.kms("Decrypt", json!({ "CiphertextBlob": blob })).await;
    assert_eq!(unnamed.json()["__type"], "AccessDeniedException");
    let both =
        |source: Value| json!({ "CiphertextBlob": blob, "SourceKeyId": source, "DestinationKeyId": "alias/team-a" });
    assert!(parties.may("ReEncrypt", both(json!("alias/team-a"))).await);
    assert!(!parties.may("ReEncrypt", both(Value::Null)).await);
}

#[scenario]
async fn by_the_aliases_and_the_tags_that_the_key_has() {
    let condition = json!({
        "ForAnyValue:StringEquals": { "kms:ResourceAliases": "alias/team-a" },
        "StringEquals": { "aws:ResourceTag/stage": "test" },
    });
    let parties = Parties::new(json!("kms:GenerateDataKey"), condition).await;
    let generate = || parties.may("GenerateDataKey", json!({ "KeySpec": "AES_256" }));
    parties.alias("alias/team-b").await;
    parties.alias("alias/team-a").await;
    assert!(!generate().await);
    let tag = |stage: &str| json!({ "KeyId": parties.arn, "Tags": [{ "TagKey": "stage", "TagValue": stage }] });
    parties.admin.kms("TagResource", tag("test")).await.assert_ok();
    assert!(generate().await);
    // S3 asks with the rights of its caller.
    let put = || parties.user.put("demo/a").header(SSE, "aws:kms").header(KMS_KEY_ID, &parties.arn).body("x").send();
    put().await.assert_ok();
    parties.admin.kms("TagResource", tag("production")).await.assert_ok();
    assert!(!generate().await);
    put().await.assert_code(403, "AccessDenied");
    parties.admin.kms("TagResource", tag("test")).await.assert_ok();
    parties.admin.kms("DeleteAlias", json!({ "AliasName": "alias/team-a" })).await.assert_ok();
    assert!(!generate().await);
}

#[scenario]
async fn by_whether_others_can_read_along() {
    let parties = Parties::new(json!("kms:*"), json!({ "Bool": { "aws:SecureTransport": "true" } })).await;
    let status = async |is_secure: bool| {
        let call = parties.user.kms_call("DescribeKey", &json!({ "KeyId": parties.arn }));
        if is_secure { call } else { call.insecure() }.send().await.status
    };
    assert_eq!((status(true).await, status(false).await), (200, 400));
    // S3 itself speaks to KMS where nobody can.
    let put = parties.user.put("demo/a").header(SSE, "aws:kms").header(KMS_KEY_ID, &parties.arn).body("x");
    put.send().await.assert_ok();
}

#[scenario]
async fn by_the_tags_of_the_request() {
    let condition = json!({
        "ForAllValues:StringEquals": { "aws:TagKeys": ["stage", "team"] },
        "StringEqualsIfExists": { "aws:RequestTag/stage": "test" },
    });
    let parties = Parties::new(json!(["kms:TagResource", "kms:UntagResource"]), condition).await;
    let tag = |name: &str, value: &str| json!({ "Tags": [{ "TagKey": name, "TagValue": value }] });
    assert!(parties.may("TagResource", tag("stage", "test")).await);
    assert!(parties.may("TagResource", tag("team", "red")).await);
    assert!(!parties.may("TagResource", tag("stage", "production")).await);
    assert!(!parties.may("TagResource", tag("owner", "red")).await);
    assert!(parties.may("UntagResource", json!({ "TagKeys": ["team"] })).await);
    assert!(!parties.may("UntagResource", json!({ "TagKeys": ["team", "owner"] })).await);
}

#[scenario]
async fn by_numbers_of_the_request_given_or_usual() {
    let condition = json!({ "NumericGreaterThanEquals": { "kms:ScheduleKeyDeletionPendingWindowInDays": "14" } });
    let parties = Parties::new(json!("kms:ScheduleKeyDeletion"), condition).await;
    assert!(!parties.may("ScheduleKeyDeletion", json!({ "PendingWindowInDays": 7 })).await);
    assert!(parties.may("ScheduleKeyDeletion", json!({})).await, "30 days");

    let condition = json!({ "NumericLessThan": { "kms:RotationPeriodInDays": "200" } });
    let parties = Parties::new(json!("kms:EnableKeyRotation"), condition).await;
    assert!(!parties.may("EnableKeyRotation", json!({})).await, "365 days");
    assert!(parties.may("EnableKeyRotation", json!({ "RotationPeriodInDays": 90 })).await);
}

#[scenario]
async fn by_what_a_grant_is_to_give() {
    let condition = json!({
        "StringEquals": {
            "kms:GrantConstraintType": "EncryptionContextSubset", "kms:EncryptionContext:team": "red",
        },
        "ForAllValues:StringEquals": { "kms:GrantOperations": ["Decrypt", "DescribeKey"] },
        "Bool": { "kms:GrantIsForAWSResource": "false" },
    });
    let parties = Parties::new(json!("kms:CreateGrant"), condition).await;
    let grant = |operations: &[&str], constraints: Value| json!({ "GranteePrincipal": USER, "Operations": operations, "Constraints": constraints });
    let subset = |team: &str| json!({ "EncryptionContextSubset": { "team": team } });
    assert!(parties.may("CreateGrant", grant(&["Decrypt"], subset("red"))).await);
    assert!(!parties.may("CreateGrant", grant(&["Decrypt"], subset("blue"))).await);
    assert!(!parties.may("CreateGrant", grant(&["Decrypt", "Encrypt"], subset("red"))).await);
    assert!(!parties.may("CreateGrant", grant(&["Decrypt"], json!({}))).await);
}

#[scenario]
async fn by_algorithm_and_by_whether_both_keys_are_one() {
    let condition = json!({
        "StringEquals": { "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT" },
        "BoolIfExists": { "kms:ReEncryptOnSameKey": "true" },
    });
    let parties = Parties::new(json!(["kms:Encrypt", "kms:ReEncrypt*"]), condition).await;
    let plaintext = STANDARD.encode("x");
    let made =
        parties.user.kms("Encrypt", json!({ "KeyId": parties.arn, "Plaintext": plaintext })).await.assert_ok().json();
    let again = |key: &str| json!({ "CiphertextBlob": made["CiphertextBlob"], "DestinationKeyId": key });
    assert!(parties.may("ReEncrypt", again(&parties.arn)).await);
    assert!(!parties.may("ReEncrypt", again("alias/documents")).await);
}

#[scenario]
async fn nobody_locks_themselves_out_unless_they_say_so() {
    let condition = json!({ "Bool": { "kms:BypassPolicyLockoutSafetyCheck": "false" } });
    let parties = Parties::new(json!(["kms:PutKeyPolicy", "kms:GetKeyPolicy"]), condition).await;
    let Parties { admin, user, arn } = &parties;
    let before = admin.kms("GetKeyPolicy", json!({ "KeyId": arn })).await.assert_ok().json()["Policy"].clone();
    let put = |actions: &[&str], bypass: bool| {
        let policy = policy(&json!(actions), &json!({})).replace(ADMIN, "arn:aws:iam::111122223333:user/nobody");
        json!({ "KeyId": arn, "Policy": policy, "BypassPolicyLockoutSafetyCheck": bypass })
    };
    let lockout = (
        json!("MalformedPolicyDocumentException"),
        json!("The new key policy will not allow you to update the key policy in the future."),
    );
    assert_eq!(refusal(&user.kms("PutKeyPolicy", put(&["kms:Encrypt"], false)).await), lockout);
    assert_eq!(refusal(&admin.kms("PutKeyPolicy", put(&["kms:*"], false)).await), lockout, "that is for another");
    let bypassed = user.kms("PutKeyPolicy", put(&["kms:Encrypt"], true)).await;
    assert_eq!(bypassed.json()["__type"], "AccessDeniedException", "the policy in force forbids to bypass");
    let made = admin.kms("CreateKey", put(&["kms:*"], false)).await;
    assert_eq!(refusal(&made), lockout);
    let malformed = json!({ "KeyId": arn, "Policy": "{}" });
    assert_eq!(refusal(&admin.kms("PutKeyPolicy", malformed).await).0, "MalformedPolicyDocumentException");
    let managed = json!({ "KeyId": arn, "PolicyName": "AWS_RAM", "Policy": "{}" });
    assert_eq!(refusal(&admin.kms("PutKeyPolicy", managed).await).0, "ValidationException");
    let after = admin.kms("GetKeyPolicy", json!({ "KeyId": arn })).await.assert_ok().json()["Policy"].clone();
    assert_eq!(after, before, "nothing changed");

    admin.kms("PutKeyPolicy", put(&["kms:Encrypt"], true)).await.assert_ok();
    let events = serde_json::to_value(admin.storage.kms_events().await).unwrap();
    let event = events.as_array().unwrap().last().unwrap();
    assert_eq!(event["requestParameters"]["bypassPolicyLockoutSafetyCheck"], true);
    for client in [admin, user] {
        let refused = client.kms("GetKeyPolicy", json!({ "KeyId": arn })).await;
        assert_eq!(refused.json()["__type"], "AccessDeniedException", "now it is nobody's");
    }
}

#[scenario]
async fn keys_of_other_accounts_let_nobody_in() {
    let client = Client::new().await;
    let described = client.kms("DescribeKey", json!({ "KeyId": "alias/documents" })).await.assert_ok().json();
    let arn = described["KeyMetadata"]["Arn"].as_str().unwrap().replace("111122223333", "444455556666");
    let text = |operation: &str| {
        format!(
            "User: {ADMIN} is not authorized to perform: kms:{operation} on this resource because the resource does not exist \
             in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access"
        )
    };
    for operation in ["DescribeKey", "GenerateDataKey", "DisableKey", "GetKeyPolicy"] {
        let refused = client.kms(operation, json!({ "KeyId": arn, "NumberOfBytes": 32 })).await;
        assert_eq!((refused.status, refused.json()["Message"].clone()), (400, json!(text(operation))));
    }
    let put = client.put("demo/a").header(SSE, "aws:kms").header(KMS_KEY_ID, &arn).body("x").send().await;
    put.assert_refused(403, "AccessDenied", &text("GenerateDataKey"));
    let events = serde_json::to_value(client.storage.kms_events().await).unwrap();
    assert_eq!(events.as_array().unwrap().last().unwrap()["resources"], json!([]), "it is none of this account's keys");
}

#[scenario]
async fn who_looks_for_a_checksum_has_to_be_let_decrypt() {
    let parties = Parties::new(json!(["kms:GenerateDataKey"]), json!({})).await;
    for method in ["aws:kms", "aws:kms:dsse"] {
        let put = parties.user.put("demo/a").header(SSE, method).header(KMS_KEY_ID, &parties.arn).body("content");
        put.send().await.assert_ok();
        let head = |client: &'static str| match client {
            "user" => parties.user.head("demo/a"),
            _ => parties.admin.head("demo/a"),
        };
        head("user").send().await.assert_ok();
        let looked = |who| head(who).header("x-amz-checksum-mode", "ENABLED").send();
        assert_eq!(looked("user").await.status, 403, "{method}");
        assert!(looked("admin").await.assert_ok().header("x-amz-checksum-crc64nvme").is_some());
    }
}
