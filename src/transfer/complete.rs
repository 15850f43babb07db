//! The request body of `CompleteMultipartUpload`.

use alloc::string::String;
use alloc::vec::Vec;

use crate::decimal::decimal;
use crate::error::EnvelopeError;

use super::{ChecksumAlgorithm, MAX_PARTS, xml};

/// A part that was uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletedPart {
    /// Its number, from 1 to 10,000.
    pub number: u32,
    /// The `ETag` header of the answer to its upload, quotation marks included.
    pub etag: String,
    /// Its checksum in base64, where the upload was created with one.
    pub checksum: Option<(ChecksumAlgorithm, String)>,
}

/// The body that completes an upload. The parts may come in any order; S3 wants them sorted.
///
/// # Errors
///
/// [`EnvelopeError::InvalidTransferPlan`] where there is no part, a number is out of range or given twice, or an `ETag`
/// is missing: in a browser that means that the bucket's CORS rules do not expose the header.
pub fn complete_body(parts: &[CompletedPart]) -> Result<String, EnvelopeError> {
    let mut sorted: Vec<&CompletedPart> = Vec::with_capacity(parts.len());
    for part in parts {
        // Parts end nearly in order, so this mostly appends. The standard library's sorting weighs 2 KB gzipped.
        let place = sorted.partition_point(|earlier| earlier.number <= part.number);
        sorted.insert(place, part);
    }
    check(&sorted)?;
    let mut body = String::from(r#"<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">"#);
    for part in sorted {
        body.push_str("<Part>");
        xml::push_element(&mut body, "PartNumber", &decimal(part.number.into()));
        xml::push_element(&mut body, "ETag", &part.etag);
        if let Some((algorithm, value)) = &part.checksum {
            xml::push_element(&mut body, algorithm.element(), value);
        }
        body.push_str("</Part>");
    }
    body.push_str("</CompleteMultipartUpload>");
    Ok(body)
}

fn check(sorted: &[&CompletedPart]) -> Result<(), EnvelopeError> {
    let refuse = |reason| Err(EnvelopeError::InvalidTransferPlan { reason });
    let (Some(first), Some(last)) = (sorted.first(), sorted.last()) else {
        return refuse("an upload needs at least one part");
    };
    if first.number == 0 || last.number > MAX_PARTS {
        return refuse("part numbers go from 1 to 10000");
    }
    if sorted.windows(2).any(|pair| pair[0].number == pair[1].number) {
        return refuse("a part number is given twice");
    }
    if sorted.iter().any(|part| part.etag.is_empty()) {
        return refuse("the ETag of a part is missing; the bucket's CORS rules must list ETag in ExposeHeaders");
    }
    let is_printable = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let values = sorted.iter().flat_map(|part| [Some(&part.etag), part.checksum.as_ref().map(|(_, value)| value)]);
    if values.flatten().any(|text| !is_printable(text)) {
        return refuse("an ETag or checksum is not printable ASCII");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(number: u32, etag: &str) -> CompletedPart {
        CompletedPart { number, etag: etag.to_owned(), checksum: None }
    }

    #[test]
    fn parts_are_sorted_and_escaped() {
        let checksum = Some((ChecksumAlgorithm::Crc64Nvme, "AAAAAAAAAAA=".to_owned()));
        let body = complete_body(&[part(2, "a<&>'b"), CompletedPart { checksum, ..part(1, "\"e\"") }]).unwrap();
        assert_eq!(
            body,
            concat!(
                r#"<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">"#,
                "<Part><PartNumber>1</PartNumber><ETag>&quot;e&quot;</ETag>",
                "<ChecksumCRC64NVME>AAAAAAAAAAA=</ChecksumCRC64NVME></Part>",
                "<Part><PartNumber>2</PartNumber><ETag>a&lt;&amp;&gt;&apos;b</ETag></Part>",
                "</CompleteMultipartUpload>",
            )
        );
    }

    #[test]
    fn ten_thousand_parts_may_come_in_any_order() {
        let parts: Vec<CompletedPart> = (1..=MAX_PARTS).rev().map(|number| part(number, "e")).collect();
        let body = complete_body(&parts).unwrap();
        assert_eq!(body.matches("<Part>").count(), 10_000);
        assert!(body.ends_with("<PartNumber>10000</PartNumber><ETag>e</ETag></Part></CompleteMultipartUpload>"));
    }

    #[test]
    fn lists_that_s3_would_refuse_are_refused() {
        for parts in [
            &[][..],
            &[part(0, "e")],
            &[part(10_001, "e")],
            &[part(1, "e"), part(2, "f"), part(1, "e")],
            &[part(1, "")],
            &[part(1, "e\n")],
            &[part(1, "é")],
        ] {
            assert_eq!(complete_body(parts).unwrap_err().code(), "INVALID_TRANSFER_PLAN", "{parts:?}");
        }
    }
}
