//! Who may do what with buckets and objects: the bucket's policy, and what blocks public access.
//!
//! Identities have no policies of their own here: each may do everything in its account that no bucket policy denies, and
//! whoever did not sign may do what one allows. Source: Amazon S3 User Guide, "How Amazon S3 authorizes a request" and
//! "Blocking public access to your Amazon S3 storage"; the words are Amazon's, as documented and reported.

mod conditions;
mod operations;

use conditions::Marks;
pub(crate) use conditions::Request;

use std::sync::Arc;

use http::Extensions;
use s3s::access::{S3Access, S3AccessContext};
use s3s::dto::CopySource;
use s3s::path::S3Path;
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use crate::caller::Caller;
use crate::core::Core;
use crate::model::ObjectName;
use crate::policy::bucket::is_public;
use crate::policy::{self, ConditionContext, StoredPolicy, Verdict};
use crate::tags::Tags;

/// Asks the buckets' policies before an operation is called.
pub(crate) struct BucketPolicies(pub(crate) Arc<Core>);

/// What an action is done with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resource<'a> {
    pub(crate) bucket: &'a str,
    /// The object's key, where it is not the bucket itself.
    pub(crate) key: Option<&'a str>,
    /// The version's id, where one is named.
    pub(crate) version_id: Option<&'a str>,
}

/// Who asks, and what policies can ask about.
#[derive(Debug, Clone)]
pub(crate) struct Asking {
    caller: Caller,
    conditions: ConditionContext,
}

/// Marks a request whose caller may not list the bucket, and so is told this instead of what is not there.
#[derive(Debug, Clone)]
struct MayNotList(String);

/// What one is told whom S3 tells nothing.
const ACCESS_DENIED: &str = "Access Denied";

/// The header that a copy names its source in.
const COPY_SOURCE: &str = "x-amz-copy-source";

#[async_trait::async_trait]
impl S3Access for BucketPolicies {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let marks = Marks::of(context.extensions_mut());
        if let Some(refusal) = self.check_operation(context, marks).await? {
            let message = refusal.message().unwrap_or(ACCESS_DENIED).to_owned();
            context.extensions_mut().insert(MayNotList(message));
        }
        Ok(())
    }
}

impl BucketPolicies {
    /// Lets an operation be, or says why not. Gives what its caller is told in place of what is not there, where the caller
    /// may not know that.
    async fn check_operation(&self, context: &S3AccessContext<'_>, marks: Marks) -> S3Result<Option<S3Error>> {
        let (core, operation) = (&self.0, context.s3_op().name());
        let (bucket, key) = match context.s3_path() {
            S3Path::Bucket { bucket } if operation != "CreateBucket" => (bucket, None),
            S3Path::Object { bucket, key } => (bucket, Some(&**key)),
            _ => return core.caller(context.credentials())?.signed().map(|()| None),
        };
        core.bucket(bucket).await?;
        let request = Request::of(context, marks);
        let asking = core.asking(&request).await?;
        let version_id = request.parameter("versionId");
        let resource = Resource { bucket, key, version_id: version_id.as_deref() };
        for action in operations::actions(operation, resource.version_id.is_some(), &request) {
            core.authorize(&asking, action, resource).await?;
        }
        if let Some(source) = request.header(COPY_SOURCE).filter(|_| operations::is_copy(operation)) {
            core.authorize_source(&asking, &source).await?;
        }
        operations::check_acl(operation, context.headers())?;
        if !operations::is_read(operation) {
            return Ok(None);
        }
        let listed = Resource { bucket, key: None, version_id: None };
        Ok(core.authorize(&asking, "s3:ListBucket", listed).await.err())
    }
}

impl Asking {
    /// Adds tags that a request has in its body.
    pub(crate) fn add_tags(&mut self, tags: &Tags) {
        conditions::add_request_tags(&mut self.conditions, tags);
    }

    /// Adds the KMS key that a request has in its body, by its ARN.
    pub(crate) fn add_kms_key(&mut self, arn: &str) {
        conditions::add_kms_key(&mut self.conditions, arn);
    }
}

impl Core {
    /// Who makes a request, and what policies can ask about it.
    pub(crate) async fn asking(&self, request: &Request<'_>) -> S3Result<Asking> {
        let caller = self.caller(request.credentials)?;
        let conditions = self.conditions(request, &caller).await?;
        Ok(Asking { caller, conditions })
    }

    /// Lets an action be, or says why not.
    ///
    /// # Errors
    /// `AccessDenied`; `NoSuchBucket` where there is no bucket to have a policy.
    pub(crate) async fn authorize(&self, asking: &Asking, action: &str, resource: Resource<'_>) -> S3Result<()> {
        let bucket = self.bucket(resource.bucket).await?;
        let Asking { caller, conditions } = asking;
        let arn = match resource.key {
            None => format!("arn:aws:s3:::{}", resource.bucket),
            Some(key) => format!("arn:aws:s3:::{}/{key}", resource.bucket),
        };
        let Some(policy) = bucket.policy.as_ref().map(StoredPolicy::policy) else { return caller.signed() };
        let mut conditions = conditions.clone();
        if let Some(id) = resource.version_id {
            conditions.add("s3:VersionId", id);
        }
        self.add_existing_tags(&mut conditions, resource).await;
        let access = policy::Access {
            principal: &caller.arn(),
            account: &caller.account_id,
            action,
            resource: &arn,
            context: &conditions,
        };
        let is_blocked = || {
            bucket.public_access_block.as_ref().is_some_and(|block| block.restrict_public_buckets) && is_public(policy)
        };
        match policy.evaluate(&access) {
            Verdict::Denied => Err(denied(caller, action, &arn)),
            Verdict::Allowed if !caller.is_anonymous() || !is_blocked() => Ok(()),
            _ => caller.signed(),
        }
    }

    /// A copy reads its source as its caller.
    async fn authorize_source(&self, asking: &Asking, source: &str) -> S3Result<()> {
        // What is no source is for the operation to refuse, and what is not there too.
        let Ok(CopySource::Bucket { bucket, key, version_id }) = CopySource::parse(source) else { return Ok(()) };
        if !self.catalogue.read().await.buckets.contains_key(&*bucket) {
            return Ok(());
        }
        let action = if version_id.is_some() { "s3:GetObjectVersion" } else { "s3:GetObject" };
        let resource = Resource { bucket: &bucket, key: Some(&key), version_id: version_id.as_deref() };
        self.authorize(asking, action, resource).await
    }

    async fn add_existing_tags(&self, conditions: &mut ConditionContext, resource: Resource<'_>) {
        let Some(key) = resource.key else { return };
        let name = ObjectName { bucket: resource.bucket.to_owned(), key: key.to_owned() };
        let catalogue = self.catalogue.read().await;
        let object = match resource.version_id {
            None => catalogue.object(&name),
            Some(id) => catalogue.versions(&name).and_then(|all| all.find(id)?.object()),
        };
        for (tag, value) in object.into_iter().flat_map(|object| &object.tags) {
            conditions.add(&format!("s3:ExistingObjectTag/{tag}"), value);
        }
    }
}

/// Makes of "there is none" what one who may not list the bucket is told.
pub(crate) fn hidden(error: S3Error, extensions: &Extensions) -> S3Error {
    match (error.code(), extensions.get()) {
        (S3ErrorCode::NoSuchKey | S3ErrorCode::NoSuchVersion, Some(MayNotList(message))) => {
            S3Error::with_message(S3ErrorCode::AccessDenied, message.clone())
        }
        _ => error,
    }
}

impl Caller {
    /// Refuses one who did not sign.
    fn signed(&self) -> S3Result<()> {
        if self.is_anonymous() { Err(access_denied()) } else { Ok(()) }
    }
}

fn access_denied() -> S3Error {
    s3_error!(AccessDenied, "{ACCESS_DENIED}")
}

/// One's own account is told which policy it was; nobody else is.
fn denied(caller: &Caller, action: &str, arn: &str) -> S3Error {
    if caller.is_anonymous() {
        return access_denied();
    }
    let user = caller.arn();
    s3_error!(
        AccessDenied,
        "User: {user} is not authorized to perform: {action} on resource: \"{arn}\" with an explicit deny in a \
         resource-based policy"
    )
}

/// The refusal of a policy that would let anybody in, where the bucket does not take such.
pub(crate) fn public_policy_refused(caller: &Caller, bucket: &str) -> S3Error {
    let user = caller.arn();
    s3_error!(
        AccessDenied,
        "User: {user} is not authorized to perform: s3:PutBucketPolicy on resource: \"arn:aws:s3:::{bucket}\" because \
         public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access."
    )
}
