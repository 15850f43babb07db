//! How a request says who signed it: the fields of Signature Version 4, in a header or in a URL, and the credential's scope.

use http::header::AUTHORIZATION;
use http::{HeaderMap, Uri};

use super::ALGORITHM;
use super::text::parameter;

/// The parameters that a presigned URL of Signature Version 4 cannot be without.
pub(crate) const PARAMETERS: [&str; 6] =
    ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Expires"];

/// What the service's date has to look like.
pub(crate) const DATE: &[time::format_description::BorrowedFormatItem<'static>] =
    time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");

/// The text of a header that is there once.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// A field of an `Authorization` header of Signature Version 4.
pub(crate) fn field<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let fields = header(headers, AUTHORIZATION.as_str())?.strip_prefix(ALGORITHM)?;
    let mut pairs = fields.split(',').filter_map(|field| field.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// The names of the headers that a signature covers, in a header or in a URL.
pub(crate) fn signed_names(uri: &Uri, headers: &HeaderMap) -> String {
    let in_url = parameter(uri, "X-Amz-SignedHeaders");
    in_url.or_else(|| field(headers, "SignedHeaders").map(str::to_owned)).unwrap_or_default().to_ascii_lowercase()
}

/// A credential with its scope: `AKID/YYYYMMDD/REGION/SERVICE/aws4_request`.
pub(crate) struct Credential<'a> {
    pub(crate) date: &'a str,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    pub(crate) terminal: &'a str,
}

impl<'a> Credential<'a> {
    /// The parts of a credential, whatever they are; none where it has not as many.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split('/');
        let mut next = || parts.next().filter(|part| !part.is_empty());
        let (_, date, region, service, terminal) = (next()?, next()?, next()?, next()?, next()?);
        parts.next().is_none().then_some(Self { date, region, service, terminal })
    }
}
