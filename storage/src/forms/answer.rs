//! What the sender of a form is told: a status, a page to go to, or a document, as the form says.

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, LOCATION};
use http::{HeaderValue, Response, StatusCode};
use s3s::Body;
use s3s::xml::Serializer;

use super::fields::Form;
use super::put::object_key;
use crate::signatures::text::encoded;

/// The answer that a form asks for.
pub(crate) struct Answer {
    status: StatusCode,
    redirect: Option<String>,
    bucket: String,
    key: String,
}

impl Answer {
    /// What a form says of its answer. A status that is none of S3's three is passed over, as S3 does.
    pub(super) fn asked_for(form: &Form, bucket: &str) -> Self {
        let redirect = form.field("success_action_redirect").or_else(|| form.field("redirect"));
        let status = match form.field("success_action_status") {
            Some("200") => StatusCode::OK,
            Some("201") => StatusCode::CREATED,
            _ => StatusCode::NO_CONTENT,
        };
        Self {
            status,
            redirect: redirect.filter(|url| url.parse::<http::Uri>().is_ok()).map(str::to_owned),
            bucket: bucket.to_owned(),
            key: object_key(form).unwrap_or_default(),
        }
    }

    /// The answer to a write, as the sender of the form wants it. Refusals stay as they are.
    pub(crate) fn to(self, written: Response<Body>) -> Response<Body> {
        if !written.status().is_success() {
            return written;
        }
        let (mut head, _) = written.into_parts();
        head.headers.remove(CONTENT_LENGTH);
        let etag = head.headers.get(ETAG).and_then(|etag| etag.to_str().ok()).unwrap_or_default().to_owned();
        let location = format!("/{}/{}", self.bucket, encoded(self.key.as_bytes(), b"/"));
        let place = self.redirect.as_ref().map_or_else(|| location.clone(), |url| self.page(url, &etag));
        if let Ok(place) = HeaderValue::from_str(&place) {
            head.headers.insert(LOCATION, place);
        }
        head.status = if self.redirect.is_some() { StatusCode::SEE_OTHER } else { self.status };
        let body = if head.status == StatusCode::CREATED {
            head.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
            Body::from(self.document(&location, &etag))
        } else {
            Body::empty()
        };
        Response::from_parts(head, body)
    }

    /// The page to go to, which is told what was written.
    fn page(&self, url: &str, etag: &str) -> String {
        let (url, fragment) = url.split_once('#').map_or((url, String::new()), |(url, end)| (url, format!("#{end}")));
        let joint = if url.contains('?') { '&' } else { '?' };
        let [bucket, key, etag] = [&self.bucket, &self.key, etag].map(|text| encoded(text.as_bytes(), b""));
        format!("{url}{joint}bucket={bucket}&key={key}&etag={etag}{fragment}")
    }

    fn document(&self, location: &str, etag: &str) -> Vec<u8> {
        let mut document = Vec::new();
        let mut serializer = Serializer::new(&mut document);
        // Memory takes whatever is written into it.
        let _ = serializer.decl().and_then(|()| {
            serializer.element("PostResponse", |response| {
                response.content("Location", location)?;
                response.content("Bucket", self.bucket.as_str())?;
                response.content("Key", self.key.as_str())?;
                response.content("ETag", etag)
            })
        });
        document
    }
}
