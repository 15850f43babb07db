//! Who calls: the identity that a signature proved, as keys, policies and events see it.

/// An identity with an access key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The access key's id.
    pub access_key: String,
    /// The user's id.
    pub user_id: String,
    /// The user's name, for people.
    pub display_name: String,
    /// The account, twelve digits.
    pub account_id: String,
}

impl Caller {
    /// The ARN that policies and events name the caller by.
    #[must_use]
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::{}:user/{}", self.account_id, self.display_name)
    }
}
