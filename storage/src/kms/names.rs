//! The names of keys: ids, ARNs, aliases, and what KMS says where one is of no key.

use super::authorize::{default_policy, s3_policy};
use super::key::Manager;
use super::{Alias, Call, Kms, KmsError, Used};

/// The operations that take a key by its alias; all others want its id or its ARN (AWS KMS API Reference, `KeyId`).
const BY_ALIAS: [&str; 12] = [
    "Decrypt",
    "DeriveSharedSecret",
    "DescribeKey",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "ReEncryptFrom",
    "ReEncryptTo",
    "Sign",
    "Verify",
    "VerifyMac",
];

/// The alias of the key that S3 makes for itself on first use.
const S3_ALIAS: &str = "alias/aws/s3";

impl Kms {
    /// A key that exists, by any of its names.
    pub(super) fn known(&self, key: &str) -> Option<Used> {
        let own = format!("arn:aws:kms:{}:{}:", self.region, self.account_id);
        let name = key.strip_prefix(&own).map_or(key, |name| name.strip_prefix("key/").unwrap_or(name));
        let id = self.state.aliases.get(name).map_or(name, |alias| alias.target.as_str());
        self.used_now(id).ok()
    }

    /// The ARN of a key that exists, by any of its names.
    pub(crate) fn arn_of(&self, key: &str) -> Option<String> {
        self.known(key).map(|used| self.arn(&used.key_id))
    }

    pub(super) fn key_id(&mut self, key: &str, now: u64) -> Result<String, KmsError> {
        if let Some(rest) = key.strip_prefix("arn:aws:kms:") {
            let mut fields = rest.splitn(3, ':');
            let (region, _account, resource) = (fields.next(), fields.next(), fields.next());
            if region != Some(self.region.as_str()) {
                return Err(KmsError::not_found(format!("Invalid arn {}", region.unwrap_or_default())));
            }
            let resource = resource.unwrap_or_default();
            let name = resource.strip_prefix("key/").unwrap_or(resource).to_owned();
            return self.key_id_of_name(&name, key, now);
        }
        self.key_id_of_name(key, key, now)
    }

    /// As [`Kms::key_id`], for an operation, which may not take aliases, and for a caller, who gets nothing of other accounts.
    pub(super) fn key_id_for(&mut self, call: &Call<'_>, key: &str, operation: &str) -> Result<String, KmsError> {
        self.check_account(call, key, operation)?;
        if alias_in(key).is_some() && !BY_ALIAS.contains(&operation) {
            let message = "Key Aliases are not supported for this operation.";
            return Err(KmsError::new("InvalidArnException", message.to_owned()));
        }
        self.key_id(key, call.now)
    }

    /// There is no other account, and so no key of one that lets anybody in: KMS does not say which of both it is.
    fn check_account(&self, call: &Call<'_>, key: &str, operation: &str) -> Result<(), KmsError> {
        let mut fields = key.strip_prefix("arn:aws:kms:").into_iter().flat_map(|rest| rest.splitn(3, ':'));
        let (region, account) = (fields.next(), fields.next());
        if region != Some(&self.region) || account.is_none_or(|account| account == self.account_id) {
            return Ok(());
        }
        let message = format!(
            "User: {} is not authorized to perform: kms:{operation} on this resource because the resource does not exist in \
             this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access",
            call.caller.arn()
        );
        Err(KmsError::new("AccessDeniedException", message))
    }

    fn key_id_of_name(&mut self, name: &str, asked: &str, now: u64) -> Result<String, KmsError> {
        if name == S3_ALIAS && !self.state.aliases.contains_key(name) {
            let description = "Default key that protects my S3 objects when no other key is defined";
            self.key_of_alias(S3_ALIAS.to_owned(), Manager::Aws, description, now)?;
        }
        if name.starts_with("alias/") {
            let missing = || KmsError::not_found(format!("Alias {} is not found.", self.alias_arn(name)));
            return self.state.aliases.get(name).map(|alias| alias.target.clone()).ok_or_else(missing);
        }
        if self.state.keys.contains_key(name) {
            return Ok(name.to_owned());
        }
        if is_uuid(name) || is_multi_region_id(name) {
            return Err(KmsError::not_found(format!("Key '{}' does not exist", self.arn(name))));
        }
        Err(KmsError::not_found(format!("Invalid keyId '{asked}'")))
    }

    pub(super) fn key_of_alias(
        &mut self,
        alias: String,
        manager: Manager,
        description: &str,
        now: u64,
    ) -> Result<String, KmsError> {
        if let Some(alias) = self.state.aliases.get(&alias) {
            return Ok(self.arn(&alias.target));
        }
        let policy = match manager {
            Manager::Customer => default_policy(&self.account_id),
            Manager::Aws => s3_policy(&self.account_id, &self.region),
        };
        let id = self.create_key(description, manager, policy, now)?;
        let arn = self.arn(&id);
        self.state.aliases.insert(alias, Alias { target: id, created: now, updated: now });
        Ok(arn)
    }

    pub(super) fn arn(&self, id: &str) -> String {
        format!("arn:aws:kms:{}:{}:key/{id}", self.region, self.account_id)
    }

    pub(super) fn alias_arn(&self, alias: &str) -> String {
        format!("arn:aws:kms:{}:{}:{alias}", self.region, self.account_id)
    }
}

/// The alias that a key's name is, or that its ARN ends with.
pub(super) fn alias_in(name: &str) -> Option<&str> {
    let name = name.strip_prefix("arn:").and_then(|rest| rest.splitn(5, ':').nth(4)).unwrap_or(name);
    name.starts_with("alias/").then_some(name)
}

pub(super) fn check_alias(alias: &str) -> Result<(), KmsError> {
    let name = alias.strip_prefix("alias/").ok_or_else(|| {
        KmsError::validation(
            "Alias must start with the prefix \"alias/\". Please see \
             https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html",
        )
    })?;
    if name.starts_with("aws/") {
        return Err(KmsError::new("NotAuthorizedException", String::new()));
    }
    if alias.contains(':') {
        return Err(KmsError::validation(&format!("{alias} contains invalid characters for an alias")));
    }
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte);
    if name.is_empty() || name.len() > 250 || !name.bytes().all(is_allowed) {
        return Err(KmsError::new("InvalidAliasNameException", "Alias contains invalid characters.".to_owned()));
    }
    Ok(())
}

/// `mrk-` and 32 hexadecimal digits (KMS Developer Guide, "Key identifiers").
fn is_multi_region_id(text: &str) -> bool {
    text.strip_prefix("mrk-").is_some_and(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
