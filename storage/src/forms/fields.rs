//! A form's fields, and its file as a stream. What comes behind the file is passed over, as S3 does.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::Stream;
use http::StatusCode;
use http_body_util::{BodyDataStream, BodyExt};
use multer::{Field, Multipart};
use s3s::{Body, S3Error, S3ErrorCode, S3Result, StdError};

use super::invalid_argument;

/// The most that the fields before the file may have together, names and values, in bytes.
const MAX_FIELDS: usize = 20 * 1024;
/// The most that is looked through for the next part or its end, in bytes.
const MAX_SEARCH: usize = 4 * MAX_FIELDS;
/// How much of the body the parser gets at once before the file, in bytes.
const PIECE: usize = 1024;

/// A form, read up to its file.
pub(super) struct Form {
    /// The fields before the file, in order, names as they came.
    pub(super) fields: Vec<(String, String)>,
    /// The name that the browser gave the file.
    pub(super) filename: String,
    /// The file.
    pub(super) file: Field<'static>,
}

impl Form {
    /// A field's value; names mean the same in either case.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let (_, value) = self.fields.iter().find(|(found, _)| found.eq_ignore_ascii_case(name))?;
        Some(value)
    }
}

/// Reads a form up to its file.
///
/// # Errors
/// A body that is no form, has too much before the file, a field twice, or no file.
pub(super) async fn read(boundary: String, body: Body) -> S3Result<Form> {
    let progress = Arc::new(Progress::default());
    let body = body.into_data_stream();
    let pieces = OneByOne { body, left: Bytes::new(), is_resting: false, progress: progress.clone() };
    let mut parts = Multipart::new(pieces, boundary);
    let (mut fields, mut left) = (Vec::new(), MAX_FIELDS);
    loop {
        let part = parts.next_field().await.map_err(unreadable)?;
        progress.searched.store(0, Ordering::Relaxed);
        let mut part = part.ok_or_else(|| invalid_argument(NO_FILE.to_owned(), "file", "0"))?;
        let name = part.name().unwrap_or_default().to_owned();
        if fields.iter().any(|(other, _): &(String, String)| other.eq_ignore_ascii_case(&name)) {
            return Err(twice(&name));
        }
        if name.eq_ignore_ascii_case("file") {
            progress.is_at_file.store(true, Ordering::Relaxed);
            let filename = part.file_name().unwrap_or_default().to_owned();
            return Ok(Form { fields, filename, file: part });
        }
        let mut value = Vec::new();
        // Even a field without a name is one.
        left = left.checked_sub(name.len().max(1)).ok_or_else(too_much)?;
        while let Some(piece) = part.chunk().await.map_err(unreadable)? {
            left = left.checked_sub(piece.len()).ok_or_else(too_much)?;
            progress.searched.store(0, Ordering::Relaxed);
            value.extend_from_slice(&piece);
        }
        fields.push((name, String::from_utf8(value).map_err(|_| malformed())?));
    }
}

const NO_FILE: &str = "POST requires exactly one file upload per request.";

/// The refusal of a second field of a name: what a policy's conditions hold of has to be what is stored. The words are ours.
fn twice(name: &str) -> S3Error {
    invalid_argument(format!("Bucket POST must contain the field named '{name}' only once."), name, "")
}

/// What became of the body, as an answer.
pub(super) fn unreadable(error: multer::Error) -> S3Error {
    match error {
        multer::Error::StreamReadFailed(cause) => match cause.downcast::<S3Error>() {
            Ok(error) => *error,
            Err(_) => S3ErrorCode::IncompleteBody.into(),
        },
        _ => malformed(),
    }
}

/// The refusal of a body that is no form.
pub(super) fn malformed() -> S3Error {
    let text = "The body of your POST request is not well-formed multipart/form-data.";
    S3Error::with_message(S3ErrorCode::MalformedPOSTRequest, text)
}

fn too_much() -> S3Error {
    // The spelling is Amazon's own.
    let text = "Your POST request fields preceeding the upload file was too large.";
    let mut error = S3Error::with_message(S3ErrorCode::Custom("MaxPostPreDataLengthExceeded".into()), text);
    error.set_status_code(StatusCode::BAD_REQUEST);
    crate::encryption::add_elements(&mut error, [("MaxPostPreDataLengthAllowed", MAX_FIELDS.to_string())]);
    error
}

/// How far a form has been read.
#[derive(Default)]
struct Progress {
    /// How many bytes the parser got since it last found something.
    searched: AtomicUsize,
    is_at_file: AtomicBool,
}

/// A body piece by piece. The parser takes whatever is ready, which of a body in memory is all of it: here it has to ask
/// again for each piece. And it looks for the next part without end, which here has one.
struct OneByOne {
    body: BodyDataStream<Body>,
    left: Bytes,
    is_resting: bool,
    progress: Arc<Progress>,
}

impl Stream for OneByOne {
    type Item = Result<Bytes, StdError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.is_resting) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let is_at_file = self.progress.is_at_file.load(Ordering::Relaxed);
        if self.left.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_next(context)) {
                Some(Ok(bytes)) => self.left = bytes,
                end => return Poll::Ready(end),
            }
        }
        let length = if is_at_file { self.left.len() } else { self.left.len().min(PIECE) };
        let searched = self.progress.searched.fetch_add(length, Ordering::Relaxed);
        if !is_at_file && searched > MAX_SEARCH {
            return Poll::Ready(Some(Err(too_much().into())));
        }
        self.is_resting = true;
        Poll::Ready(Some(Ok(self.left.split_to(length))))
    }
}

// Async tests are run natively.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn form(pieces: Vec<String>) -> Body {
        let pieces =
            futures::stream::iter(pieces).map(|piece| Ok::<_, StdError>(http_body::Frame::data(Bytes::from(piece))));
        Body::http_body_unsync(http_body_util::StreamBody::new(pieces))
    }

    use futures::StreamExt;

    fn part(name: &str, value: &str) -> String {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    }

    async fn refusal(pieces: Vec<String>) -> String {
        let refused = read("b".to_owned(), form(pieces)).await;
        refused.err().map(|error| error.code().as_str().to_owned()).unwrap_or_default()
    }

    #[tokio::test]
    async fn fields_come_before_the_file_and_nothing_behind_it_counts() {
        let whole = [part("Key", "k"), part("file", "content"), part("late", "x"), "--b--\r\n".to_owned()].concat();
        for size in [1, 7, whole.len()] {
            let pieces =
                whole.as_bytes().chunks(size).map(|piece| String::from_utf8(piece.to_vec()).unwrap()).collect();
            let form = read("b".to_owned(), form(pieces)).await.ok().unwrap();
            assert_eq!((form.fields.len(), form.field("key")), (1, Some("k")));
            assert_eq!(form.file.text().await.unwrap(), "content");
        }
    }

    #[tokio::test]
    async fn a_form_has_20_kilobytes_before_its_file() {
        let fits = "x".repeat(MAX_FIELDS - 1);
        assert_eq!(refusal(vec![part("a", &fits), part("file", ""), "--b--".to_owned()]).await, "");
        assert_eq!(refusal(vec![part("ab", &fits)]).await, "MaxPostPreDataLengthExceeded");
        let endless = std::iter::repeat_n("x".repeat(1024), 1024).collect();
        assert_eq!(refusal(endless).await, "MaxPostPreDataLengthExceeded");
    }

    #[tokio::test]
    async fn what_is_no_form_or_has_no_file_is_refused() {
        assert_eq!(refusal(vec!["nonsense".to_owned()]).await, "MalformedPOSTRequest");
        assert_eq!(refusal(vec![part("key", "k"), "--b--\r\n".to_owned()]).await, "InvalidArgument");
    }
}
