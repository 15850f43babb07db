//! Headers that a presigned URL carries in its query: SDKs move the `x-amz-` headers of a request there, where the signature
//! covers them, and S3 takes them as the headers that they are.

use http::{HeaderName, HeaderValue, Request};

use super::text::{decoded, pairs, parameter};

/// What Signature Version 4 itself has in a query, in lower case.
const OF_THE_SIGNATURE: [&str; 8] = [
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-signature",
    "x-amz-date",
    "x-amz-signedheaders",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-content-sha256",
];

/// Makes headers of what a signed URL has of them in its query, unless they are there, and tells their names.
pub(crate) fn into_headers<B>(request: &mut Request<B>) -> Vec<String> {
    let uri = request.uri().clone();
    if ["X-Amz-Signature", "Signature"].iter().all(|name| parameter(&uri, name).is_none()) {
        return Vec::new();
    }
    let mut hoisted = Vec::new();
    for (name, value) in pairs(&uri) {
        let name = String::from_utf8_lossy(&decoded(name)).to_ascii_lowercase();
        if !name.starts_with("x-amz-") || OF_THE_SIGNATURE.contains(&name.as_str()) {
            continue;
        }
        let value = HeaderValue::from_bytes(&decoded(value));
        // What cannot be a header is none.
        if let (Ok(header), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), value)
            && !request.headers().contains_key(&header)
        {
            request.headers_mut().insert(header, value);
            hoisted.push(name);
        }
    }
    hoisted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hoisted(query: &str) -> (Vec<String>, Request<()>) {
        let mut request = Request::get(format!("/b/k?{query}")).header("x-amz-acl", "private").body(()).unwrap();
        (into_headers(&mut request), request)
    }

    #[test]
    fn only_a_signed_url_carries_headers_and_none_that_are_there() {
        let query = "x-amz-meta-a=1%2F2&X-Amz-ACL=public-read&x-id=PutObject&X-Amz-Date=1";
        assert_eq!(hoisted(query).0, Vec::<String>::new());
        for signature in ["X-Amz-Signature=0", "Signature=0"] {
            let (names, request) = hoisted(&format!("{query}&{signature}"));
            assert_eq!(names, ["x-amz-meta-a"]);
            let value = |name: &str| request.headers()[name].to_str().unwrap().to_owned();
            assert_eq!((value("x-amz-meta-a"), value("x-amz-acl")), ("1/2".into(), "private".into()));
        }
    }
}
