//! What S3 answers in XML: the upload id, the `ETag` of a finished object, or an error, which may come under status 200.

use alloc::string::String;

use crate::error::EnvelopeError;

use super::xml::{self, Document};

/// How much of S3's message an error carries, in characters.
const MAX_MESSAGE: usize = 512;

/// S3's error document.
///
/// Source: Amazon S3 API Reference, "REST error responses".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageError {
    /// The error code, for example `SlowDown`.
    pub code: String,
    /// The message for people, at most 512 characters of it.
    pub message: String,
    /// The request's id, for questions to the operator.
    pub request_id: Option<String>,
    /// Whether it says that a presigned URL has expired.
    pub url_expired: bool,
}

impl From<StorageError> for EnvelopeError {
    fn from(error: StorageError) -> Self {
        Self::StorageRefused { code: error.code, message: error.message }
    }
}

/// The upload id in the answer to `CreateMultipartUpload`.
///
/// # Errors
///
/// [`EnvelopeError::StorageRefused`] for an error document, [`EnvelopeError::UnexpectedStorageAnswer`] for anything
/// else that is not the answer.
pub fn upload_id(answer: &str) -> Result<String, EnvelopeError> {
    value(answer, &["InitiateMultipartUploadResult"], "UploadId")
}

/// The `ETag` in the answer to `CompleteMultipartUpload`. Ask even under status 200: S3 sends that status before it
/// knows how the operation ends.
///
/// # Errors
///
/// As [`upload_id`].
pub fn completed_etag(answer: &str) -> Result<String, EnvelopeError> {
    value(answer, &["CompleteMultipartUploadResult"], "ETag")
}

/// The `ETag` in the answer to `CopyObject` or `UploadPartCopy`, which too may be an error under status 200.
///
/// # Errors
///
/// As [`upload_id`].
pub fn copied_etag(answer: &str) -> Result<String, EnvelopeError> {
    value(answer, &["CopyObjectResult", "CopyPartResult"], "ETag")
}

/// The error document in an answer; `None` where it is none, as for answers to `HEAD` or of a proxy on the way.
#[must_use]
pub fn storage_error(answer: &str) -> Option<StorageError> {
    read_error(&xml::read(answer).ok()?)
}

fn value(answer: &str, roots: &[&str], name: &str) -> Result<String, EnvelopeError> {
    let unexpected = |reason| EnvelopeError::UnexpectedStorageAnswer { reason };
    let document = xml::read(answer).map_err(unexpected)?;
    if let Some(error) = read_error(&document) {
        return Err(error.into());
    }
    if !roots.contains(&document.root) {
        return Err(unexpected("it is another document than the operation promises"));
    }
    match document.child(name) {
        Some(text) if !text.is_empty() => Ok(text),
        _ => Err(unexpected("the element that it is for is missing or empty")),
    }
}

fn read_error(document: &Document<'_>) -> Option<StorageError> {
    if document.root != "Error" {
        return None;
    }
    let text = |name| document.child(name).map(|text| shortened(&text));
    let code = text("Code").unwrap_or_default();
    // As recorded from S3: AccessDenied with the elements Expires and ServerTime.
    let url_expired = code == "AccessDenied" && document.child("Expires").is_some();
    Some(StorageError {
        code,
        message: text("Message").unwrap_or_default(),
        request_id: text("RequestId"),
        url_expired,
    })
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_MESSAGE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upload_id_is_read() {
        let answer = r#"<?xml version="1.0" encoding="UTF-8"?>
            <InitiateMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
              <Bucket>b</Bucket><Key>a&amp;b &#x1F511;</Key><UploadId>VXBsb2FkIElE</UploadId>
            </InitiateMultipartUploadResult>"#;
        assert_eq!(upload_id(answer).unwrap(), "VXBsb2FkIElE");
    }

    #[test]
    fn the_etag_of_a_completed_upload_is_read_behind_white_space() {
        let answer = concat!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n \n \n ",
            "<CompleteMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Location>l</Location>",
            "<ETag>&quot;3858f62230ac3c915f300c664312c11f-9&quot;</ETag></CompleteMultipartUploadResult>",
        );
        assert_eq!(completed_etag(answer).unwrap(), "\"3858f62230ac3c915f300c664312c11f-9\"");
        assert_eq!(completed_etag(&format!("   {}", &answer[39..])).unwrap(), "\"3858f62230ac3c915f300c664312c11f-9\"");
    }

    #[test]
    fn the_etag_of_a_copy_is_read() {
        let answer = "<CopyObjectResult><LastModified>x</LastModified><ETag>\"e\"</ETag></CopyObjectResult>";
        assert_eq!(copied_etag(answer).unwrap(), "\"e\"");
        assert_eq!(copied_etag(&answer.replace("CopyObjectResult", "CopyPartResult")).unwrap(), "\"e\"");
    }

    #[test]
    fn an_error_document_is_an_error_whatever_the_operation() {
        let answer = concat!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>InternalError</Code>",
            "<Message>We encountered an internal error. Please try again.</Message><RequestId>656c</RequestId></Error>",
        );
        for result in [upload_id(answer), completed_etag(answer), copied_etag(answer)] {
            let message = "We encountered an internal error. Please try again.".to_owned();
            assert_eq!(
                result.unwrap_err(),
                EnvelopeError::StorageRefused { code: "InternalError".to_owned(), message }
            );
        }
        let error = storage_error(answer).unwrap();
        assert_eq!((error.request_id.as_deref(), error.url_expired), (Some("656c"), false));
    }

    #[test]
    fn an_expired_url_is_recognised() {
        let expired = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message>\
            <X-Amz-Expires>1</X-Amz-Expires><Expires>2026-01-01T00:00:00Z</Expires></Error>";
        assert!(storage_error(expired).unwrap().url_expired);
        let denied = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
        assert!(!storage_error(denied).unwrap().url_expired);
    }

    #[test]
    fn anything_else_is_unexpected() {
        for answer in [
            "",
            "<html><body>Bad gateway</body></html>",
            "<CompleteMultipartUploadResult></CompleteMultipartUploadResult>",
            "<CompleteMultipartUploadResult><ETag/></CompleteMultipartUploadResult>",
            "<CompleteMultipartUploadResult><ETag>e</ETag>",
            "<InitiateMultipartUploadResult><ETag>e</ETag></InitiateMultipartUploadResult>",
            "{\"ETag\": \"e\"}",
        ] {
            assert_eq!(completed_etag(answer).unwrap_err().code(), "UNEXPECTED_STORAGE_ANSWER", "{answer}");
            assert_eq!(storage_error(answer), None);
        }
    }

    #[test]
    fn a_long_message_is_shortened() {
        let answer = format!("<Error><Code>c</Code><Message>{}</Message></Error>", "ü".repeat(2000));
        assert_eq!(storage_error(&answer).unwrap().message, "ü".repeat(512));
    }
}
