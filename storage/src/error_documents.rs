//! S3's error documents: what the protocol crate writes, with Amazon's words and the further elements that it does not know.

use http::header::CONTENT_LENGTH;
use http::{Method, Response, StatusCode};
use http_body_util::BodyExt;
use s3s::{Body, S3Error};

use crate::asked::Asked;
use crate::encryption::ELEMENT;
use crate::signatures::{explained, kms};

/// The answer that an error is.
pub(crate) fn error_answer(error: S3Error) -> Response<Body> {
    error.to_http_response().unwrap_or_else(|_| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}

/// Adds what S3's error documents have beyond code and message, and takes the private headers out.
pub(crate) async fn completed_error(response: Response<Body>, asked: &Asked, request_id: &str) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    let mut elements: Vec<(String, String)> = head
        .headers
        .get_all(ELEMENT)
        .iter()
        .filter_map(|element| std::str::from_utf8(element.as_bytes()).ok()?.split_once('='))
        .map(|(name, content)| (name.to_owned(), content.to_owned()))
        .collect();
    head.headers.remove(ELEMENT);
    head.headers.remove(CONTENT_LENGTH);
    if asked.method == Method::HEAD {
        return Response::from_parts(head, Body::empty());
    }
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let mut document = String::from_utf8_lossy(&bytes).into_owned();
    let said = |name: &str| element(&document, name).unwrap_or_default().to_owned();
    let (code, message) = (said("Code"), said("Message"));
    if asked.is_for_kms() && !code.is_empty() {
        return kms::from_s3(&code, &message).answer();
    }
    let (words, explanation) = explained::explain(asked, &code, &message);
    elements.extend(explanation);
    if let Some(words) = words.or_else(|| amazons_words(&code, &message)) {
        document = with_message(&document, words);
    }
    let document = with_elements(&document, &elements, request_id).unwrap_or(document);
    Response::from_parts(head, Body::from(document))
}

/// The text of a document's element.
fn element<'a>(document: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = document.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0)
}

/// Amazon's message where the protocol crate has another.
fn amazons_words(code: &str, message: &str) -> Option<&'static str> {
    match (code, message) {
        ("MalformedXML", _) => {
            Some("The XML you provided was not well-formed or did not validate against our published schema")
        }
        ("AccessDenied", "Signature is required") => Some("Access Denied"),
        _ => None,
    }
}

/// A document with another message.
fn with_message(document: &str, message: &str) -> String {
    let message = format!("<Message>{message}</Message>");
    match element(document, "Message") {
        Some(old) => document.replacen(&format!("<Message>{old}</Message>"), &message, 1),
        None => document.replacen("</Code>", &format!("</Code>{message}"), 1),
    }
}

/// A document with further elements at its end; nothing where it is no error document.
fn with_elements(document: &str, elements: &[(String, String)], request_id: &str) -> Option<String> {
    let mut completed = document.strip_suffix("</Error>")?.to_owned();
    let mut element = |name: &str, content: &str| {
        let escaped = content.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        completed.extend(["<", name, ">", &escaped, "</", name, ">"]);
    };
    for (name, content) in elements {
        element(name, content);
    }
    if !document.contains("<RequestId>") {
        element("RequestId", request_id);
    }
    completed.push_str("</Error>");
    Some(completed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_documents_get_their_further_elements() {
        let document = "<?xml version=\"1.0\"?><Error><Code>A</Code></Error>";
        let elements = [("ArgumentName", "x-amz-a"), ("ArgumentValue", "<b>")]
            .map(|(name, content)| (name.to_owned(), content.to_owned()));
        assert_eq!(
            with_elements(document, &elements, "ID").unwrap(),
            "<?xml version=\"1.0\"?><Error><Code>A</Code><ArgumentName>x-amz-a</ArgumentName>\
             <ArgumentValue>&lt;b&gt;</ArgumentValue><RequestId>ID</RequestId></Error>"
        );
        assert_eq!(with_elements("{\"__type\":\"x\"}", &[], "ID"), None);
    }
}
