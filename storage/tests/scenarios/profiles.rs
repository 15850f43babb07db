//! Where servers differ, each difference under each profile.

use s3_storage_sim::Profile;

use crate::support::{Client, SSE, scenario};

const PROFILES: [Profile; 3] = [Profile::Aws2026, Profile::Aws2025, Profile::Ceph];
const KEY: [u8; 32] = [7; 32];

/// A storage under a profile, with nothing else said.
async fn under(profile: Profile) -> Client {
    Client::with(|config| config.profile = profile).await
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
        let client = Client::with(|config| {
            config.profile = profile;
            config.sse_c_default = s3_storage_sim::config::SseCDefault::Allowed;
        });
        let client = client.await;
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
