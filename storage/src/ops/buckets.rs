//! Buckets and their settings.

use s3s::dto::{
    BlockedEncryptionTypes, Bucket as BucketEntry, BucketLocationConstraint, CORSRule, CreateBucketInput,
    CreateBucketOutput, DeleteBucketCorsInput, DeleteBucketCorsOutput, DeleteBucketEncryptionInput,
    DeleteBucketEncryptionOutput, DeleteBucketInput, DeleteBucketOutput, EncryptionType, GetBucketCorsInput,
    GetBucketCorsOutput, GetBucketEncryptionInput, GetBucketEncryptionOutput, GetBucketLocationInput,
    GetBucketLocationOutput, HeadBucketInput, HeadBucketOutput, ListBucketsInput, ListBucketsOutput,
    PutBucketCorsInput, PutBucketCorsOutput, PutBucketEncryptionInput, PutBucketEncryptionOutput, ServerSideEncryption,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};

use crate::answers;
use crate::core::{Core, no_such_bucket, now_seconds};
use crate::encryption::{Refusal, add_elements};
use crate::model::{Bucket, BucketEncryption, CorsRule, DefaultEncryption, Upload, whole_block};
use crate::records;
use crate::tags::{self, Tagged};

const DEFAULT_ACTION: &str = "ApplyServerSideEncryptionByDefault";

pub(super) async fn create_bucket(
    core: &Core,
    request: S3Request<CreateBucketInput>,
) -> S3Result<S3Response<CreateBucketOutput>> {
    let name = request.input.bucket;
    let tags = request.input.create_bucket_configuration.and_then(|configuration| configuration.tags);
    let bucket = Bucket {
        created: now_seconds(),
        encryption: original_encryption(core),
        cors: Vec::new(),
        versioning: None,
        tags: tags::of_document(tags.unwrap_or_default(), Tagged::Bucket)?,
        policy: None,
        public_access_block: whole_block(),
    };
    let mut catalogue = core.catalogue.write().await;
    if catalogue.buckets.contains_key(&name) {
        let text = "Your previous request to create the named bucket succeeded and you already own it.";
        return Err(s3_error!(BucketAlreadyOwnedByYou, "{text}"));
    }
    core.commit(vec![records::put_bucket(&name, &bucket)]).await?;
    let location = Some(format!("/{name}"));
    catalogue.buckets.insert(name, bucket);
    Ok(S3Response::new(CreateBucketOutput { location, ..Default::default() }))
}

pub(super) async fn head_bucket(
    core: &Core,
    request: S3Request<HeadBucketInput>,
) -> S3Result<S3Response<HeadBucketOutput>> {
    core.bucket(&request.input.bucket).await?;
    let bucket_region = Some(core.config.region.clone());
    Ok(S3Response::new(HeadBucketOutput { bucket_region, ..Default::default() }))
}

pub(super) async fn delete_bucket(
    core: &Core,
    request: S3Request<DeleteBucketInput>,
) -> S3Result<S3Response<DeleteBucketOutput>> {
    let name = request.input.bucket;
    let mut catalogue = core.catalogue.write().await;
    let Some(bucket) = catalogue.buckets.get(&name) else { return Err(no_such_bucket(&name)) };
    if catalogue.keys(&name, "").next().is_some() {
        let text = "The bucket you tried to delete is not empty";
        let of_versions =
            if bucket.versioning.is_some() { ". You must delete all versions in the bucket." } else { "" };
        let mut error = s3_error!(BucketNotEmpty, "{text}{of_versions}");
        add_elements(&mut error, [("BucketName", name)]);
        return Err(error);
    }
    // Uploads under way keep no bucket; a later one of the same name must not inherit them.
    let is_in_it = |(_, upload): &(&String, &Upload)| upload.name.bucket == name;
    let uploads: Vec<String> = catalogue.uploads.iter().filter(is_in_it).map(|(id, _)| id.clone()).collect();
    let mut changes = vec![records::delete_bucket(&name)];
    for id in &uploads {
        changes.extend(catalogue.uploads.get(id).map(|upload| records::delete_upload(id, upload)).unwrap_or_default());
    }
    core.commit(changes.into_iter().map(Ok).collect()).await?;
    catalogue.buckets.remove(&name);
    let removed: Vec<Upload> = uploads.iter().filter_map(|id| catalogue.uploads.remove(id)).collect();
    drop(catalogue);
    core.discard(removed.into_iter().flat_map(|upload| upload.parts.into_values()));
    Ok(S3Response::new(DeleteBucketOutput::default()))
}

pub(super) async fn list_buckets(
    core: &Core,
    request: S3Request<ListBucketsInput>,
) -> S3Result<S3Response<ListBucketsOutput>> {
    let owner = Some(core.owner(request.credentials.as_ref()));
    let prefix = request.input.prefix.unwrap_or_default();
    let catalogue = core.catalogue.read().await;
    let entry = |(name, bucket): (&String, &Bucket)| BucketEntry {
        name: Some(name.clone()),
        creation_date: answers::timestamp(bucket.created * 1000),
        bucket_region: None,
        ..Default::default()
    };
    let buckets = catalogue.buckets.iter().filter(|(name, _)| name.starts_with(&prefix)).map(entry).collect();
    Ok(S3Response::new(ListBucketsOutput { buckets: Some(buckets), owner, ..Default::default() }))
}

pub(super) async fn get_bucket_location(
    core: &Core,
    request: S3Request<GetBucketLocationInput>,
) -> S3Result<S3Response<GetBucketLocationOutput>> {
    core.bucket(&request.input.bucket).await?;
    // The first region has no name here, for historical reasons.
    let region = Some(core.config.region.clone()).filter(|region| region != "us-east-1");
    let location_constraint = region.map(BucketLocationConstraint::from);
    Ok(S3Response::new(GetBucketLocationOutput { location_constraint }))
}

pub(super) async fn put_bucket_encryption(
    core: &Core,
    request: S3Request<PutBucketEncryptionInput>,
) -> S3Result<S3Response<PutBucketEncryptionOutput>> {
    let mut rules = request.input.server_side_encryption_configuration.rules;
    let (Some(rule), true) = (rules.pop(), rules.is_empty()) else {
        let text = "The XML you provided was not well-formed or did not validate against our published schema";
        return Err(s3_error!(MalformedXML, "{text}"));
    };
    change(core, &request.input.bucket, |bucket| {
        bucket.encryption = changed_encryption(&bucket.encryption, &rule)?;
        Ok(())
    })
    .await?;
    Ok(S3Response::new(PutBucketEncryptionOutput::default()))
}

pub(super) async fn get_bucket_encryption(
    core: &Core,
    request: S3Request<GetBucketEncryptionInput>,
) -> S3Result<S3Response<GetBucketEncryptionOutput>> {
    let encryption = core.bucket(&request.input.bucket).await?.encryption;
    if core.config.profile.buckets_start_without_a_configuration() && !encryption.is_chosen {
        return Err(without_configuration(&request.input.bucket));
    }
    let (algorithm, key_id) = match encryption.default {
        DefaultEncryption::S3 => (ServerSideEncryption::AES256, None),
        DefaultEncryption::Kms { key_id } => (ServerSideEncryption::AWS_KMS, key_id),
        DefaultEncryption::Dsse { key_id } => (ServerSideEncryption::AWS_KMS_DSSE, key_id),
    };
    let blocked = encryption
        .blocks_customer_keys
        .then(|| BlockedEncryptionTypes { encryption_type: Some(vec![EncryptionType::from("SSE-C".to_owned())]) });
    let rule = ServerSideEncryptionRule {
        apply_server_side_encryption_by_default: Some(ServerSideEncryptionByDefault {
            kms_master_key_id: key_id,
            sse_algorithm: ServerSideEncryption::from_static(algorithm),
        }),
        blocked_encryption_types: blocked,
        bucket_key_enabled: Some(encryption.bucket_key),
    };
    let configuration = ServerSideEncryptionConfiguration { rules: vec![rule] };
    let server_side_encryption_configuration = Some(configuration);
    Ok(S3Response::new(GetBucketEncryptionOutput { server_side_encryption_configuration }))
}

pub(super) async fn delete_bucket_encryption(
    core: &Core,
    request: S3Request<DeleteBucketEncryptionInput>,
) -> S3Result<S3Response<DeleteBucketEncryptionOutput>> {
    let original = original_encryption(core);
    change(core, &request.input.bucket, |bucket| {
        let blocks_customer_keys = bucket.encryption.blocks_customer_keys;
        bucket.encryption = BucketEncryption { blocks_customer_keys, ..original };
        Ok(())
    })
    .await?;
    Ok(S3Response::new(DeleteBucketEncryptionOutput::default()))
}

pub(super) async fn put_bucket_cors(
    core: &Core,
    request: S3Request<PutBucketCorsInput>,
) -> S3Result<S3Response<PutBucketCorsOutput>> {
    let rules: Vec<CorsRule> = request.input.cors_configuration.cors_rules.into_iter().map(from_rule).collect();
    if let Some(rule) = rules.iter().find(|rule| rule.allowed_origins.iter().any(|origin| stars(origin) > 1)) {
        let origin = rule.allowed_origins.join(", ");
        return Err(s3_error!(InvalidRequest, "AllowedOrigin \"{origin}\" can not have more than one wildcard."));
    }
    change(core, &request.input.bucket, |bucket| {
        bucket.cors = rules;
        Ok(())
    })
    .await?;
    Ok(S3Response::new(PutBucketCorsOutput::default()))
}

pub(super) async fn get_bucket_cors(
    core: &Core,
    request: S3Request<GetBucketCorsInput>,
) -> S3Result<S3Response<GetBucketCorsOutput>> {
    let rules = core.bucket(&request.input.bucket).await?.cors;
    if rules.is_empty() {
        return Err(s3_error!(NoSuchCORSConfiguration, "The CORS configuration does not exist"));
    }
    let cors_rules = Some(rules.into_iter().map(to_rule).collect());
    Ok(S3Response::new(GetBucketCorsOutput { cors_rules }))
}

pub(super) async fn delete_bucket_cors(
    core: &Core,
    request: S3Request<DeleteBucketCorsInput>,
) -> S3Result<S3Response<DeleteBucketCorsOutput>> {
    change(core, &request.input.bucket, |bucket| {
        bucket.cors.clear();
        Ok(())
    })
    .await?;
    Ok(S3Response::new(DeleteBucketCorsOutput::default()))
}

/// Changes a bucket's settings: all of the change, durably, or none.
pub(super) async fn change(
    core: &Core,
    name: &str,
    work: impl FnOnce(&mut Bucket) -> S3Result<()> + Send,
) -> S3Result<()> {
    let mut catalogue = core.catalogue.write().await;
    let mut bucket = catalogue.buckets.get(name).cloned().ok_or_else(|| no_such_bucket(name))?;
    work(&mut bucket)?;
    core.commit(vec![records::put_bucket(name, &bucket)]).await?;
    catalogue.buckets.insert(name.to_owned(), bucket);
    Ok(())
}

/// What servers answer whose buckets have no configuration from the start.
fn without_configuration(bucket: &str) -> S3Error {
    let code = S3ErrorCode::ServerSideEncryptionConfigurationNotFoundError;
    let mut error = S3Error::with_message(code, "The server side encryption configuration was not found");
    error.set_status_code(http::StatusCode::NOT_FOUND);
    add_elements(&mut error, [("BucketName", bucket.to_owned())]);
    error
}

/// What a new bucket has.
fn original_encryption(core: &Core) -> BucketEncryption {
    BucketEncryption {
        default: DefaultEncryption::S3,
        is_chosen: false,
        bucket_key: false,
        blocks_customer_keys: core.config.blocks_customer_keys(),
    }
}

/// A bucket's encryption under a new rule. What the rule does not mention of blocked types stays as it is.
fn changed_encryption(now: &BucketEncryption, rule: &ServerSideEncryptionRule) -> S3Result<BucketEncryption> {
    let (default, is_chosen) = match &rule.apply_server_side_encryption_by_default {
        None => (now.default.clone(), now.is_chosen),
        Some(default) => (default_encryption(default)?, true),
    };
    let types = rule.blocked_encryption_types.as_ref().and_then(|blocked| blocked.encryption_type.as_ref());
    let blocks_customer_keys = match types {
        None => now.blocks_customer_keys,
        Some(types) => types.iter().any(|kind| kind.as_str() == "SSE-C"),
    };
    let bucket_key = rule.bucket_key_enabled.unwrap_or(false);
    Ok(BucketEncryption { default, is_chosen, bucket_key, blocks_customer_keys })
}

fn default_encryption(default: &ServerSideEncryptionByDefault) -> S3Result<DefaultEncryption> {
    let key_id = default.kms_master_key_id.clone();
    match default.sse_algorithm.as_str() {
        ServerSideEncryption::AES256 if key_id.is_some() => Err(key_without_kms()),
        ServerSideEncryption::AES256 => Ok(DefaultEncryption::S3),
        ServerSideEncryption::AWS_KMS => Ok(DefaultEncryption::Kms { key_id }),
        ServerSideEncryption::AWS_KMS_DSSE => Ok(DefaultEncryption::Dsse { key_id }),
        other => Err(Refusal::Method(other.to_owned()).into()),
    }
}

fn key_without_kms() -> S3Error {
    let text = "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse";
    let mut error = S3Error::with_message(S3ErrorCode::InvalidArgument, text);
    add_elements(&mut error, [("ArgumentName", DEFAULT_ACTION.to_owned())]);
    error
}

fn stars(pattern: &str) -> usize {
    pattern.matches('*').count()
}

fn from_rule(rule: CORSRule) -> CorsRule {
    CorsRule {
        id: rule.id,
        allowed_origins: rule.allowed_origins,
        allowed_methods: rule.allowed_methods,
        allowed_headers: rule.allowed_headers.unwrap_or_default(),
        expose_headers: rule.expose_headers.unwrap_or_default(),
        max_age_seconds: rule.max_age_seconds,
    }
}

fn to_rule(rule: CorsRule) -> CORSRule {
    let some = |list: Vec<String>| Some(list).filter(|list| !list.is_empty());
    CORSRule {
        id: rule.id,
        allowed_origins: rule.allowed_origins,
        allowed_methods: rule.allowed_methods,
        allowed_headers: some(rule.allowed_headers),
        expose_headers: some(rule.expose_headers),
        max_age_seconds: rule.max_age_seconds,
    }
}
