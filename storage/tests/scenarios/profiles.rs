//! Where servers differ, each difference under each profile.

use s3_storage_sim::Profile;

use crate::support::{CUSTOMER_ALGORITHM, CUSTOMER_MD5, Client, KMS_KEY_ID, SSE, completion, scenario};
use crate::version_2::{by_version_2, form};

const PROFILES: [Profile; 3] = [Profile::Aws2026, Profile::Aws2025, Profile::Ceph];
const KEY: [u8; 32] = [7; 32];

/// A storage under a profile, with nothing else said.
async fn under(profile: Profile) -> Client {
    Client::with(|config| config.profile = profile).await
}

/// A storage under a profile, whose buckets take SSE-C.
async fn taking_customer_keys(profile: Profile) -> Client {
    Client::with(|config| {
        config.profile = profile;
        config.sse_c_default = s3_storage_sim::config::SseCDefault::Allowed;
    })
    .await
}

#[scenario]
async fn new_buckets_block_customer_keys_since_2026() {
    for profile in PROFILES {
        let client = under(profile).await;
        let written = client.put("demo/a").customer_key(&KEY).body("content").send().await;
        assert_eq!(written.status, if profile == Profile::Aws2026 { 403 } else { 200 }, "{profile:?}");
    }
}

#[scenario]
async fn a_wrong_customer_key_is_denied_or_a_bad_request() {
    for profile in PROFILES {
        let client = taking_customer_keys(profile).await;
        client.put("demo/a").customer_key(&KEY).body("content").send().await.assert_ok();
        let (status, code) = if profile == Profile::Ceph { (400, "InvalidRequest") } else { (403, "AccessDenied") };
        client.get("demo/a").customer_key(&[8; 32]).send().await.assert_code(status, code);
        assert_eq!(client.head("demo/a").customer_key(&[8; 32]).send().await.status, status);
    }
}

#[scenario]
async fn kms_has_a_key_of_the_services_own_or_has_to_be_given_one() {
    for profile in PROFILES {
        let client = under(profile).await;
        let written = client.put("demo/a").header(SSE, "aws:kms").body("content").send().await;
        assert_eq!(written.status, if profile == Profile::Ceph { 400 } else { 200 }, "{profile:?}");
    }
}

#[scenario]
async fn buckets_have_a_configuration_from_the_start_or_none() {
    for profile in PROFILES {
        let client = under(profile).await;
        let asked = client.get("demo").query("encryption", "").send().await;
        if profile == Profile::Ceph {
            asked.assert_code(404, "ServerSideEncryptionConfigurationNotFoundError");
        } else {
            asked.assert_ok();
        }
        let rule = "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256\
                    </SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>";
        client.put("demo").query("encryption", "").body(rule).send().await.assert_ok();
        client.get("demo").query("encryption", "").send().await.assert_ok();
    }
}

#[scenario]
async fn impossible_lifetimes_of_urls_are_malformed_or_denied() {
    for profile in PROFILES {
        let client = under(profile).await;
        let (status, code) =
            if profile == Profile::Ceph { (403, "AccessDenied") } else { (400, "AuthorizationQueryParametersError") };
        client.get("demo/a").presigned(604_801).send().await.assert_code(status, code);
        client.get("demo/a").presigned(0).send().await.assert_code(403, "AccessDenied");
    }
}

#[scenario]
async fn signatures_are_for_the_servers_region_or_for_any() {
    for profile in PROFILES {
        let client = under(profile).await;
        let elsewhere = client.restarted(|config| {
            config.profile = profile;
            "eu-west-1".clone_into(&mut config.region);
        });
        let answer = elsewhere.await.get("demo").at("localhost").send().await;
        if profile == Profile::Ceph {
            answer.assert_ok();
        } else {
            answer.assert_code(400, "AuthorizationHeaderMalformed");
            assert_eq!(answer.element("Region").as_deref(), Some("eu-west-1"));
        }
    }
}

#[scenario]
async fn parts_and_completions_may_say_again_how_they_are_encrypted_or_may_not() {
    for profile in PROFILES {
        let client = under(profile).await;
        let begun = client.post("demo/a").query("uploads", "").header(SSE, "aws:kms");
        let begun = begun.header(KMS_KEY_ID, "alias/documents").send().await.assert_ok();
        let id = begun.element("UploadId").unwrap();
        let part = client.put("demo/a").query("partNumber", "1").query("uploadId", &id).body("content");
        // Another key than the upload's, and one that there is not: what the upload was begun with is what counts.
        let part = part.header(SSE, "aws:kms").header(KMS_KEY_ID, "alias/another").send().await;
        let end = client.post("demo/a").query("uploadId", &id).header(SSE, "aws:kms");
        if profile == Profile::Ceph {
            let part = part.assert_ok();
            assert_eq!(part.header(KMS_KEY_ID), begun.header(KMS_KEY_ID));
            end.body(completion(&part.etag())).send().await.assert_ok();
            assert_eq!(client.get("demo/a").send().await.assert_ok().text(), "content");
        } else {
            part.assert_code(400, "InvalidArgument");
            end.body(completion("x")).send().await.assert_code(400, "InvalidArgument");
        }
    }
}

#[scenario]
async fn completions_tell_of_the_customers_key_or_do_not() {
    for profile in PROFILES {
        let client = taking_customer_keys(profile).await;
        let begun = client.post("demo/a").query("uploads", "").customer_key(&KEY).send().await.assert_ok();
        let id = begun.element("UploadId").unwrap();
        let part = client.put("demo/a").query("partNumber", "1").query("uploadId", &id).customer_key(&KEY);
        let part = part.body("content").send().await.assert_ok();
        let end = client.post("demo/a").query("uploadId", &id).customer_key(&KEY).body(completion(&part.etag()));
        let end = end.send().await.assert_ok();
        let told = part.header(CUSTOMER_MD5).filter(|_| profile == Profile::Ceph);
        assert_eq!(end.header(CUSTOMER_MD5), told, "{profile:?}");
        assert_eq!(end.header(CUSTOMER_ALGORITHM).is_some(), profile == Profile::Ceph);
    }
}

#[scenario]
async fn the_end_of_an_upload_needs_the_customers_key_or_does_not() {
    for profile in PROFILES {
        let client = taking_customer_keys(profile).await;
        let begun = client.post("demo/a").query("uploads", "").customer_key(&KEY).send().await.assert_ok();
        let id = begun.element("UploadId").unwrap();
        let part = client.put("demo/a").query("partNumber", "1").query("uploadId", &id).customer_key(&KEY);
        let document = completion(&part.body("content").send().await.assert_ok().etag());
        let end = client.post("demo/a").query("uploadId", &id).body(document).send().await;
        assert_eq!(end.status, if profile == Profile::Ceph { 400 } else { 200 }, "{profile:?}");
    }
}

#[scenario]
async fn parts_that_there_are_not_are_unsatisfiable_or_bad_requests() {
    for profile in PROFILES {
        let client = taking_customer_keys(profile).await;
        client.put("demo/a").customer_key(&KEY).body("content").send().await.assert_ok();
        let part = |number| client.get("demo/a").query("partNumber", number);
        let (status, code) = if profile == Profile::Ceph { (400, "InvalidPart") } else { (416, "InvalidPartNumber") };
        part("2").customer_key(&KEY).send().await.assert_code(status, code);
        let without = part("2").send().await;
        without.assert_code(400, if profile == Profile::Ceph { "InvalidPart" } else { "InvalidRequest" });
        part("1").send().await.assert_code(400, "InvalidRequest");
        assert_eq!(part("1").customer_key(&KEY).send().await.text(), "content");
    }
}

#[scenario]
async fn kms_takes_signature_version_2_or_does_not() {
    for profile in PROFILES {
        let client = under(profile).await;
        let conditions = format!(r#"["starts-with", "${SSE}", ""], ["starts-with", "${KMS_KEY_ID}", ""]"#);
        let written = form(&client, &conditions, &[(SSE, "aws:kms"), (KMS_KEY_ID, "alias/documents")]).await;
        if profile == Profile::Ceph {
            assert_eq!(written.status, 204, "{}", written.text());
            assert_eq!(by_version_2(&client, "GET").await.assert_ok().text(), "content");
            assert_eq!(by_version_2(&client, "HEAD").await.assert_ok().header(SSE), Some("aws:kms"));
        } else {
            written.assert_code(400, "InvalidArgument");
            client.put("demo/form").header(SSE, "aws:kms").body("content").send().await.assert_ok();
            by_version_2(&client, "GET").await.assert_code(400, "InvalidArgument");
        }
        // Nobody asks KMS for who did not sign.
        assert_ne!(client.get("demo/form").anonymous().send().await.status, 200);
    }
}

#[scenario]
async fn fields_that_a_form_does_not_have_start_with_nothing_or_with_something() {
    for profile in PROFILES {
        let client = under(profile).await;
        let written = form(&client, &format!(r#"["starts-with", "${SSE}", ""]"#), &[]).await;
        assert_eq!(written.status, if profile == Profile::Ceph { 204 } else { 403 }, "{}", written.text());
        // What has to start with something has to be there.
        let written = form(&client, &format!(r#"["starts-with", "${SSE}", "A"]"#), &[]).await;
        written.assert_code(403, "AccessDenied");
    }
}
