//! Documents of answers as S3 has them, where the protocol crate writes them otherwise.

use http::Response;
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt;
use s3s::Body;

/// The order of the entries of a listing of versions, which the protocol crate's two lists do not tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct VersionOrder(pub(crate) Vec<Entry>);

/// An entry of a listing of versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    Version,
    DeleteMarker,
}

impl Entry {
    /// The name of its element.
    const fn element(self) -> &'static str {
        match self {
            Self::Version => "Version",
            Self::DeleteMarker => "DeleteMarker",
        }
    }
}

/// `GetObjectAttributes` is the one operation whose `ETag` has no quotation marks; the protocol crate gives them to all.
pub(crate) async fn with_bare_etag(response: Response<Body>) -> Response<Body> {
    rewritten(response, |text| text.replacen("<ETag>\"", "<ETag>", 1).replacen("\"</ETag>", "</ETag>", 1)).await
}

/// `ListObjectVersions` has versions and delete markers in one order, by key and then newest first, and prefixes behind them;
/// the protocol crate has each kind together.
pub(crate) async fn with_version_order(response: Response<Body>) -> Response<Body> {
    let Some(VersionOrder(order)) = response.extensions().get::<VersionOrder>().cloned() else { return response };
    rewritten(response, |text| in_order(text, &order).unwrap_or_else(|| text.to_owned())).await
}

async fn rewritten(response: Response<Body>, rewrite: impl FnOnce(&str) -> String) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let text = rewrite(&String::from_utf8_lossy(&bytes));
    head.headers.remove(CONTENT_LENGTH);
    Response::from_parts(head, Body::from(text))
}

/// A listing with its entries in an order; nothing where they are not those that the order is of.
fn in_order(document: &str, order: &[Entry]) -> Option<String> {
    let (mut rest, versions) = without(document, Entry::Version.element())?;
    let (without_markers, markers) = without(&rest, Entry::DeleteMarker.element())?;
    let (without_prefixes, prefixes) = without(&without_markers, "CommonPrefixes")?;
    rest = without_prefixes;
    let (mut versions, mut markers) = (versions.into_iter(), markers.into_iter());
    let mut next = |entry: &Entry| match entry {
        Entry::Version => versions.next(),
        Entry::DeleteMarker => markers.next(),
    };
    let entries: String = order.iter().map(&mut next).collect::<Option<_>>()?;
    let is_whole = versions.next().is_none() && markers.next().is_none();
    let end = rest.rfind("</").filter(|_| is_whole)?;
    rest.insert_str(end, &(entries + &prefixes.concat()));
    Some(rest)
}

/// A document without the elements of a name, and those. None of them is within another of the same name; what is text in them
/// has no `<`.
fn without(document: &str, name: &str) -> Option<(String, Vec<String>)> {
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    let (mut kept, mut taken, mut rest) = (String::with_capacity(document.len()), Vec::new(), document);
    while let Some(at) = rest.find(&start) {
        let length = rest[at..].find(&end)? + end.len();
        kept.push_str(&rest[..at]);
        taken.push(rest[at..at + length].to_owned());
        rest = &rest[at + length..];
    }
    kept.push_str(rest);
    Some((kept, taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_put_in_order_and_prefixes_behind_them() {
        let document = "<?xml?><R><CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes><DeleteMarker><VersionId>2</VersionId>\
                        </DeleteMarker><Name>b</Name><Version><VersionId>3</VersionId></Version><Version><VersionId>1\
                        </VersionId></Version></R>";
        let order = [Entry::Version, Entry::DeleteMarker, Entry::Version];
        assert_eq!(
            in_order(document, &order).unwrap(),
            "<?xml?><R><Name>b</Name><Version><VersionId>3</VersionId></Version><DeleteMarker><VersionId>2</VersionId>\
             </DeleteMarker><Version><VersionId>1</VersionId></Version><CommonPrefixes><Prefix>p/</Prefix>\
             </CommonPrefixes></R>"
        );
        assert_eq!(in_order(document, &order[..2]), None);
        assert_eq!(in_order(document, &[order[0]; 4]), None);
    }
}
