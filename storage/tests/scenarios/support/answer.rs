//! An answer, read to its end.

use http::HeaderMap;
use http_body_util::BodyExt;
use s3s::Body;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// All bytes that came, also where the body broke off.
    pub(crate) body: Vec<u8>,
    /// Whether the body broke off.
    pub(crate) is_broken: bool,
}

impl Answer {
    pub(crate) async fn read(response: http::Response<Body>) -> Self {
        let (head, mut stream) = response.into_parts();
        let (mut body, mut is_broken) = (Vec::new(), false);
        while let Some(frame) = stream.frame().await {
            match frame.map(http_body::Frame::into_data) {
                Ok(Ok(data)) => body.extend_from_slice(&data),
                Ok(Err(_)) => {}
                Err(_) => {
                    is_broken = true;
                    break;
                }
            }
        }
        Self { status: head.status.as_u16(), headers: head.headers, body, is_broken }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a text"))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    /// The text of the first XML element of a name.
    pub(crate) fn element(&self, name: &str) -> Option<String> {
        self.elements(name).into_iter().next()
    }

    /// The texts of all XML elements of a name, in order.
    pub(crate) fn elements(&self, name: &str) -> Vec<String> {
        let (start, end) = (format!("<{name}>"), format!("</{name}>"));
        let after = self.text().split(&start).skip(1);
        let content = after.filter_map(|rest| rest.split(&end).next());
        content.map(|text| text.replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")).collect()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub(crate) fn etag(&self) -> String {
        self.header("etag").expect("an ETag").trim_matches('"').to_owned()
    }

    /// Asserts that this is a refusal, by status, code and the whole of its message.
    #[track_caller]
    pub(crate) fn assert_refused(&self, status: u16, code: &str, message: &str) {
        let seen = (self.status, self.element("Code").unwrap_or_default(), self.element("Message").unwrap_or_default());
        assert_eq!(seen, (status, code.to_owned(), message.to_owned()), "{}", String::from_utf8_lossy(&self.body));
    }

    /// Asserts that this is a refusal, by status and code.
    #[track_caller]
    pub(crate) fn assert_code(&self, status: u16, code: &str) {
        let seen = (self.status, self.element("Code").unwrap_or_default());
        assert_eq!(seen, (status, code.to_owned()), "{}", String::from_utf8_lossy(&self.body));
    }

    #[track_caller]
    pub(crate) fn assert_ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        self
    }
}
