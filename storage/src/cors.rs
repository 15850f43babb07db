//! Cross-origin requests: preflights, and the headers that let pages read answers. The protocol crate leaves both to us.
//!
//! Source: Amazon S3 User Guide, "Using cross-origin resource sharing", and the Fetch Standard, section 3.2.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::model::CorsRule;

/// Whether a request is a preflight.
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The headers of the answer to a preflight, or nothing where no rule allows what it asks for.
pub(crate) fn preflight(rules: &[CorsRule], headers: &HeaderMap) -> Option<HeaderMap> {
    let origin = text(headers, &ORIGIN)?;
    let method = text(headers, &ACCESS_CONTROL_REQUEST_METHOD)?;
    let asked: Vec<String> = text(headers, &ACCESS_CONTROL_REQUEST_HEADERS)
        .map(|list| {
            list.split(',').map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty()).collect()
        })
        .unwrap_or_default();
    let rule = rules.iter().find(|rule| {
        rule.allows(&origin, &method)
            && asked
                .iter()
                .all(|name| rule.allowed_headers.iter().any(|pattern| fits(&pattern.to_ascii_lowercase(), name)))
    })?;
    let mut answer = rule.answer(&origin);
    insert(&mut answer, ACCESS_CONTROL_ALLOW_METHODS, &rule.allowed_methods.join(", "));
    if !asked.is_empty() {
        insert(&mut answer, ACCESS_CONTROL_ALLOW_HEADERS, &asked.join(", "));
    }
    if let Some(seconds) = rule.max_age_seconds {
        insert(&mut answer, ACCESS_CONTROL_MAX_AGE, &seconds.to_string());
    }
    Some(answer)
}

/// The headers to add to the answer to a request from another origin; none where no rule allows it.
pub(crate) fn answer(rules: &[CorsRule], method: &Method, headers: &HeaderMap) -> HeaderMap {
    let Some(origin) = text(headers, &ORIGIN) else { return HeaderMap::new() };
    let rule = rules.iter().find(|rule| rule.allows(&origin, method.as_str()));
    rule.map_or_else(HeaderMap::new, |rule| rule.answer(&origin))
}

impl CorsRule {
    fn allows(&self, origin: &str, method: &str) -> bool {
        self.allowed_methods.iter().any(|allowed| allowed == method)
            && self.allowed_origins.iter().any(|pattern| fits(pattern, origin))
    }

    fn answer(&self, origin: &str) -> HeaderMap {
        let mut answer = HeaderMap::new();
        if self.allowed_origins.iter().any(|pattern| pattern == "*") {
            insert(&mut answer, ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        } else {
            insert(&mut answer, ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            insert(&mut answer, ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        }
        if !self.expose_headers.is_empty() {
            insert(&mut answer, ACCESS_CONTROL_EXPOSE_HEADERS, &self.expose_headers.join(", "));
        }
        insert(&mut answer, VARY, "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
        answer
    }
}

/// Whether a text fits a pattern with at most one `*`.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, end)) => text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end),
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    // Patterns and lists come from configurations; what cannot be a header is left out.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule() -> CorsRule {
        CorsRule {
            id: None,
            allowed_origins: vec!["https://*.example.com".to_owned()],
            allowed_methods: vec!["PUT".to_owned(), "GET".to_owned()],
            allowed_headers: vec!["x-amz-*".to_owned(), "Content-Type".to_owned()],
            expose_headers: vec!["ETag".to_owned()],
            max_age_seconds: Some(60),
        }
    }

    fn asking(origin: &str, method: &str, headers: &str) -> HeaderMap {
        let mut map = HeaderMap::new();
        map.insert(ORIGIN, origin.parse().unwrap());
        map.insert(ACCESS_CONTROL_REQUEST_METHOD, method.parse().unwrap());
        if !headers.is_empty() {
            map.insert(ACCESS_CONTROL_REQUEST_HEADERS, headers.parse().unwrap());
        }
        map
    }

    #[test]
    fn a_preflight_is_allowed_by_origin_method_and_every_header() {
        let allowed = asking("https://a.example.com", "PUT", "content-type, X-Amz-Meta-A");
        let answer = preflight(&[rule()], &allowed).unwrap();
        assert_eq!(answer[ACCESS_CONTROL_ALLOW_ORIGIN], "https://a.example.com");
        assert_eq!(answer[ACCESS_CONTROL_ALLOW_HEADERS], "content-type, x-amz-meta-a");
        assert_eq!(answer[ACCESS_CONTROL_EXPOSE_HEADERS], "ETag");
        assert_eq!(answer[ACCESS_CONTROL_MAX_AGE], "60");
        for refused in [
            asking("https://example.org", "PUT", ""),
            asking("https://a.example.com", "DELETE", ""),
            asking("https://a.example.com", "PUT", "authorization"),
            asking("https://.example.co", "PUT", ""),
        ] {
            assert_eq!(preflight(&[rule()], &refused), None, "{refused:?}");
        }
    }

    #[test]
    fn an_answer_is_readable_where_a_rule_allows_the_origin() {
        let from = |origin: &str| asking(origin, "GET", "");
        assert_eq!(
            answer(&[rule()], &Method::GET, &from("https://a.example.com"))[ACCESS_CONTROL_EXPOSE_HEADERS],
            "ETag"
        );
        assert!(answer(&[rule()], &Method::GET, &from("https://example.org")).is_empty());
        assert!(answer(&[rule()], &Method::GET, &HeaderMap::new()).is_empty());
        let anyone = CorsRule { allowed_origins: vec!["*".to_owned()], ..rule() };
        let open = answer(&[anyone], &Method::GET, &from("https://example.org"));
        assert_eq!(open[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert!(!open.contains_key(ACCESS_CONTROL_ALLOW_CREDENTIALS));
    }
}
