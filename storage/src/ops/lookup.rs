//! Which version of which object a request is for, and what S3 says where there is none.

use http::header::{ALLOW, LAST_MODIFIED};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use s3s::dto::TimestampFormat;
use s3s::{S3Error, S3Result, s3_error};

use crate::answers;
use crate::core::{Core, no_such_bucket};
use crate::encryption::add_elements;
use crate::model::{ObjectName, StoredObject};
use crate::versions::{self, Version};

/// An object that was found.
pub(super) struct Found {
    pub(super) object: StoredObject,
    /// The version's id, where answers tell of it: not of buckets that never kept versions.
    pub(super) version_id: Option<String>,
}

/// What a request is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) name: &'a ObjectName,
    /// The version's id, where the request has one; else it is for the newest.
    pub(super) version_id: Option<&'a str>,
}

impl Core {
    /// The object that a request reads.
    ///
    /// # Errors
    /// 404 where there is none, which includes a newest version that is a delete marker; 405 where the version asked for
    /// is one.
    pub(super) async fn object(&self, wanted: Wanted<'_>, method: &Method) -> S3Result<Found> {
        let (version, tells) = self.version(wanted).await?;
        match (version, wanted.version_id) {
            (Version::Object(object), _) => Ok(Found::new(*object, tells)),
            (marker, None) => Err(with_headers(no_such_key(&wanted.name.key), marker_headers(&marker))),
            (marker, Some(_)) => Err(is_delete_marker(&marker, method)),
        }
    }

    /// The object that a copy reads.
    ///
    /// # Errors
    /// As [`Core::object`], but a delete marker that is named is a fault of the request's.
    pub(super) async fn copy_source(&self, wanted: Wanted<'_>) -> S3Result<Found> {
        let (version, tells) = self.version(wanted).await?;
        match (version, wanted.version_id) {
            (Version::Object(object), _) => Ok(Found::new(*object, tells)),
            (_, None) => Err(no_such_key(&wanted.name.key)),
            (_, Some(_)) => {
                let text = "The source of a copy request may not specifically refer to a delete marker by version id.";
                Err(s3_error!(InvalidRequest, "{text}"))
            }
        }
    }

    /// The version that a request is for, and whether answers tell of its id.
    pub(super) async fn version(&self, wanted: Wanted<'_>) -> S3Result<(Version, bool)> {
        let Wanted { name, version_id } = wanted;
        let catalogue = self.catalogue.read().await;
        let bucket = catalogue.buckets.get(&name.bucket).ok_or_else(|| no_such_bucket(&name.bucket))?;
        if let Some(id) = version_id {
            self.check_version_id(id)?;
        }
        let versions = catalogue.versions(name);
        let version = match version_id {
            None => versions.and_then(versions::Versions::latest).ok_or_else(|| no_such_key(&name.key)),
            Some(id) => versions.and_then(|all| all.find(id)).ok_or_else(|| no_such_version(&name.key, id)),
        };
        Ok((version?.clone(), bucket.versioning.is_some()))
    }

    /// Refuses an id that the service cannot have given out.
    pub(super) fn check_version_id(&self, id: &str) -> S3Result<()> {
        if self.given_sequence(id).is_some() {
            return Ok(());
        }
        let mut error = s3_error!(InvalidArgument, "Invalid version id specified");
        add_elements(&mut error, [("ArgumentName", "versionId".to_owned()), ("ArgumentValue", id.to_owned())]);
        Err(error)
    }
}

impl Found {
    pub(super) fn new(object: StoredObject, tells: bool) -> Self {
        let version_id = tells.then(|| object.version_id().to_owned());
        Self { object, version_id }
    }
}

pub(super) fn no_such_key(key: &str) -> S3Error {
    let mut error = s3_error!(NoSuchKey, "The specified key does not exist.");
    add_elements(&mut error, [("Key", key.to_owned())]);
    error
}

pub(super) fn no_such_version(key: &str, id: &str) -> S3Error {
    let mut error = s3_error!(NoSuchVersion, "The specified version does not exist.");
    add_elements(&mut error, [("Key", key.to_owned()), ("VersionId", id.to_owned())]);
    error
}

/// The refusal of what cannot be done with a delete marker.
pub(super) fn is_delete_marker(marker: &Version, method: &Method) -> S3Error {
    let mut error = s3_error!(MethodNotAllowed, "The specified method is not allowed against this resource.");
    let elements = [("Method", method.as_str().to_owned()), ("ResourceType", "DeleteMarker".to_owned())];
    add_elements(&mut error, elements);
    let mut headers = marker_headers(marker);
    headers.insert(ALLOW, HeaderValue::from_static("DELETE"));
    let date = answers::timestamp(marker.modified()).and_then(|date| {
        let mut text = Vec::new();
        date.format(TimestampFormat::HttpDate, &mut text).ok()?;
        HeaderValue::from_bytes(&text).ok()
    });
    if let Some(date) = date {
        headers.insert(LAST_MODIFIED, date);
    }
    with_headers(error, headers)
}

fn marker_headers(marker: &Version) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static("x-amz-delete-marker"), HeaderValue::from_static("true"));
    if let Ok(id) = HeaderValue::from_str(marker.id()) {
        headers.insert(HeaderName::from_static("x-amz-version-id"), id);
    }
    headers
}

fn with_headers(mut error: S3Error, further: HeaderMap) -> S3Error {
    let mut headers = error.headers().cloned().unwrap_or_default();
    headers.extend(further);
    error.set_headers(headers);
    error
}
