//! `UpdateObjectEncryption`: a KMS key takes over an object's data key. The bytes, the ETag and the dates stay as they are.
//!
//! Source: Amazon S3 API Reference, `UpdateObjectEncryption`, whose words the refusals are in.

use s3s::dto::{ObjectEncryption, UpdateObjectEncryptionInput, UpdateObjectEncryptionOutput};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::lookup::{Found, Wanted, no_such_key};
use crate::access::{Request, Resource};
use crate::asked::{Insecure, is_signed_by_version_2};
use crate::config::ACCOUNT_ID;
use crate::core::Core;
use crate::encryption::{KeyProtection, Place, Refusal};
use crate::model::{ObjectName, StoredObject};
use crate::records;
use crate::versions::Version;

/// How the operation's own refusals go on.
const THEN: &str = "and then try again.";

pub(super) async fn update_object_encryption(
    core: &Core,
    request: S3Request<UpdateObjectEncryptionInput>,
) -> S3Result<S3Response<UpdateObjectEncryptionOutput>> {
    let mut asking = core.asking(&Request::of_operation(&request, &request.headers)).await?;
    if is_signed_by_version_2(&request.headers, &request.uri) {
        let text = "Requests that modify an object encryption configuration require AWS Signature Version 4. Modify the \
                    request to use AWS Signature Version 4,";
        return Err(s3_error!(InvalidRequest, "{text} {THEN}"));
    }
    if request.extensions.get::<Insecure>().is_some() {
        return Err(Refusal::InsecureKms.into());
    }
    let caller = core.sender(request.credentials.as_ref(), &request.extensions)?;
    let S3Request { input, method, .. } = request;
    let ObjectEncryption::SSEKMS(asked) = input.object_encryption else {
        let text = "Requests that modify an object encryption configuration require a valid new encryption type. Valid values \
                    are SSEKMS. Modify the request to specify SSE-KMS for the updated encryption type,";
        return Err(s3_error!(InvalidRequest, "{text} {THEN}"));
    };
    let name = ObjectName { bucket: input.bucket, key: input.key };
    let wanted = Wanted { name: &name, version_id: input.version_id.as_deref() };
    // Policies can ask about what is in the body.
    asking.add_kms_key(&asked.kms_key_arn);
    let resource = Resource { bucket: &name.bucket, key: Some(&name.key), version_id: wanted.version_id };
    core.authorize(&asking, "s3:UpdateObjectEncryption", resource).await?;
    check_arn(&asked.kms_key_arn)?;
    let Found { object, .. } = core.object(wanted, &method).await?;
    let place = Place { bucket: &name.bucket, key: &name.key, version: &object.version, part: 0 };
    let bucket_key = asked.bucket_key_enabled.unwrap_or(false);
    let kept = core.kept_by(&caller, &object.protection, &asked.kms_key_arn, bucket_key, place).await?;
    let protection = kept.ok_or_else(|| {
        let text = "The UpdateObjectEncryption operation doesn't support source objects with the encryption type DSSE-KMS or \
                    SSE-C. Only source objects encrypted with SSE-S3 or SSE-KMS are supported.";
        s3_error!(InvalidRequest, "{text}")
    })?;
    core.replace_protection(&name, &object, protection).await?;
    Ok(S3Response::new(UpdateObjectEncryptionOutput::default()))
}

/// Only the whole ARN of a key names it here, and the key has to be the account's.
fn check_arn(arn: &str) -> S3Result<()> {
    if arn.is_empty() {
        let text = "Requests that modify an object's encryption type to SSE-KMS require an AWS KMS key Amazon Resource Name \
                    (ARN). Modify the request to specify a KMS key ARN,";
        return Err(s3_error!(InvalidRequest, "{text} {THEN}"));
    }
    let Some(account) = account_of(arn) else {
        let text = "Requests that modify an object's encryption type to SSE-KMS require a valid AWS KMS key Amazon Resource \
                    Name (ARN). Confirm that you have a correctly formatted KMS key ARN in your request,";
        return Err(s3_error!(InvalidRequest, "{text} {THEN}"));
    };
    if account != ACCOUNT_ID {
        let text = "The AWS KMS key in the request must be owned by the same account as the bucket. Modify the request to \
                    specify a KMS key from the same account,";
        return Err(s3_error!(AccessDenied, "{text} {THEN}"));
    }
    Ok(())
}

/// The account in the ARN of a key: `arn:aws[…]:kms:REGION:ACCOUNT:key/ID`; nothing where it is none.
fn account_of(arn: &str) -> Option<&str> {
    let are_of = |text: &str, is_fine: fn(u8) -> bool| text.bytes().all(|byte| is_fine(byte) || byte == b'-');
    let mut fields = arn.split(':');
    let mut next = || fields.next();
    let (prefix, partition, service, region, account, key) = (next()?, next()?, next()?, next()?, next()?, next()?);
    let id = key.strip_prefix("key/")?;
    let is_arn = prefix == "arn"
        && partition.strip_prefix("aws").is_some_and(|rest| are_of(rest, |byte| byte.is_ascii_alphanumeric()))
        && service == "kms"
        && !region.is_empty()
        && are_of(region, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()))
        && !id.is_empty()
        && are_of(id, |byte| byte.is_ascii_alphanumeric());
    (is_arn && fields.next().is_none()).then_some(account)
}

impl Core {
    /// Has a version of an object be kept otherwise, unless it was replaced, removed or kept otherwise meanwhile.
    async fn replace_protection(
        &self,
        name: &ObjectName,
        object: &StoredObject,
        protection: KeyProtection,
    ) -> S3Result<()> {
        let mut catalogue = self.catalogue.write().await;
        let now = catalogue.versions(name).and_then(|all| all.find(object.version_id())).and_then(Version::object);
        let now = now.filter(|now| now.version == object.version).ok_or_else(|| no_such_key(&name.key))?;
        if now.protection != object.protection {
            let text =
                "A conflicting conditional operation is currently in progress against this resource. Please try again.";
            return Err(s3_error!(OperationAborted, "{text}"));
        }
        let version = Version::Object(Box::new(StoredObject { protection, ..now.clone() }));
        self.commit(vec![records::put_version(name, &version)]).await?;
        // Its bytes are the same: what it replaces is itself.
        catalogue.insert(name.clone(), version);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_arn_of_a_key_names_it() {
        let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
        for partition in ["aws", "aws-cn", "aws-us-gov"] {
            let arn = format!("arn:{partition}:kms:us-east-1:111122223333:key/{id}");
            assert_eq!(account_of(&arn), Some("111122223333"), "{arn}");
        }
        for arn in [
            id.to_owned(),
            "alias/documents".to_owned(),
            "arn:aws:kms:us-east-1:111122223333:alias/documents".to_owned(),
            format!("arn:aws:kms:us-east-1:1111:key/{id}"),
            format!("arn:aws:s3:us-east-1:111122223333:key/{id}"),
            format!("arn:aws:kms::111122223333:key/{id}"),
            format!("arn:aws:kms:us-east-1:111122223333:key/{id}:more"),
            "arn:aws:kms:us-east-1:111122223333:key/".to_owned(),
        ] {
            assert_eq!(account_of(&arn), None, "{arn}");
        }
    }
}
