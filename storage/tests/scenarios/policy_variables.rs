//! Variables in policies of buckets: one policy gives everybody a folder of their own.

use serde_json::{Value, json};

use crate::support::{ALICE, Client, scenario, with_users};

async fn set(client: &Client, version: &str, statements: &[Value]) {
    let policy = json!({ "Version": version, "Statement": statements });
    let answer = client.put("demo").query("policy", "").body(policy.to_string()).send().await;
    assert_eq!(answer.status, 204, "{}", answer.text());
}

#[scenario]
async fn everybody_has_a_folder_of_their_own() {
    let demo = Client::with(with_users).await;
    for key in ["home/demo/a", "home/alice/a", "home/team-none/a"] {
        demo.put(&format!("demo/{key}")).body("content").send().await.assert_ok();
    }
    let own = json!([
        "arn:aws:s3:::demo/home/${aws:username}/*",
        "arn:aws:s3:::demo/home/team-${aws:PrincipalTag/team, 'none'}/*"
    ]);
    let others = json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "NotResource": own });
    let lists = json!({
        "Effect": "Deny", "Principal": "*", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::demo",
        "Condition": { "StringNotLike": { "s3:prefix": "home/${aws:username}/*" } }
    });
    set(&demo, "2012-10-17", &[others, lists]).await;
    // Policies mean the same after a restart, where they are read from what is stored.
    let demo = demo.restarted(with_users).await;
    let alice = demo.also_as(ALICE);
    for (caller, name, other) in [(&demo, "demo", "alice"), (&alice, "alice", "demo")] {
        for key in [format!("home/{name}/a"), "home/team-none/a".to_owned()] {
            caller.get(&format!("demo/{key}")).send().await.assert_ok();
        }
        caller.get(&format!("demo/home/{other}/a")).send().await.assert_code(403, "AccessDenied");
        let list = |prefix: &str| caller.get("demo").query("list-type", "2").query("prefix", prefix);
        list(&format!("home/{name}/")).send().await.assert_ok();
        list(&format!("home/{other}/")).send().await.assert_code(403, "AccessDenied");
    }
}

#[scenario]
async fn what_a_request_says_is_no_pattern() {
    let client = Client::new().await;
    let condition = json!({ "StringLike": { "s3:delimiter": "${s3:prefix}" } });
    let lists = json!({
        "Effect": "Deny", "Principal": "*", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::demo",
        "Condition": condition
    });
    set(&client, "2012-10-17", &[lists]).await;
    let list = |prefix: &str| client.get("demo").query("list-type", "2").query("prefix", prefix);
    list("/").query("delimiter", "/").send().await.assert_code(403, "AccessDenied");
    list("*").query("delimiter", "/").send().await.assert_ok();
    // What has no value is like nothing.
    client.get("demo").query("list-type", "2").query("delimiter", "/").send().await.assert_ok();
}

#[scenario]
async fn the_older_language_takes_variables_for_text() {
    let client = Client::new().await;
    let folder = "arn:aws:s3:::demo/home/${aws:username}/*";
    let deny = json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": folder });
    for key in ["demo/home/demo/a", "demo/home/${aws:username}/a"] {
        client.put(key).body("content").send().await.assert_ok();
    }
    for (version, refused, taken) in
        [("2008-10-17", "${aws:username}", "demo"), ("2012-10-17", "demo", "${aws:username}")]
    {
        set(&client, version, std::slice::from_ref(&deny)).await;
        client.get(&format!("demo/home/{refused}/a")).send().await.assert_code(403, "AccessDenied");
        client.get(&format!("demo/home/{taken}/a")).send().await.assert_ok();
    }
}
