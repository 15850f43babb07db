//! S3's object operations, as far as encryption headers tell them apart.

use super::CustomerKey;

/// An S3 operation, and for copies the key that its source is encrypted under.
///
/// Source: the request headers of each operation in the Amazon S3 API Reference.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the names are those of the Amazon S3 API Reference")]
pub enum Operation<'k> {
    PutObject,
    PostObject,
    CopyObject {
        /// The key of the source, where the source is under SSE-C.
        source_key: Option<&'k CustomerKey>,
    },
    CreateMultipartUpload,
    UploadPart,
    UploadPartCopy {
        /// The key of the source, where the source is under SSE-C.
        source_key: Option<&'k CustomerKey>,
    },
    CompleteMultipartUpload,
    AbortMultipartUpload,
    ListParts,
    GetObject,
    HeadObject,
    GetObjectAttributes,
    DeleteObject,
}

impl<'k> Operation<'k> {
    /// S3's name of the operation.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PutObject => "PutObject",
            Self::PostObject => "PostObject",
            Self::CopyObject { .. } => "CopyObject",
            Self::CreateMultipartUpload => "CreateMultipartUpload",
            Self::UploadPart => "UploadPart",
            Self::UploadPartCopy { .. } => "UploadPartCopy",
            Self::CompleteMultipartUpload => "CompleteMultipartUpload",
            Self::AbortMultipartUpload => "AbortMultipartUpload",
            Self::ListParts => "ListParts",
            Self::GetObject => "GetObject",
            Self::HeadObject => "HeadObject",
            Self::GetObjectAttributes => "GetObjectAttributes",
            Self::DeleteObject => "DeleteObject",
        }
    }

    /// Whether the request may say how S3 is to encrypt: only where an object comes into being.
    #[must_use]
    pub const fn takes_managed_headers(self) -> bool {
        matches!(self, Self::PutObject | Self::PostObject | Self::CopyObject { .. } | Self::CreateMultipartUpload)
    }

    /// Whether the request carries the customer key of its object.
    #[must_use]
    pub const fn takes_customer_headers(self) -> bool {
        !matches!(self, Self::AbortMultipartUpload | Self::DeleteObject)
    }

    /// Whether the request may carry the customer key of a source.
    #[must_use]
    pub const fn takes_copy_source_headers(self) -> bool {
        matches!(self, Self::CopyObject { .. } | Self::UploadPartCopy { .. })
    }

    pub(super) const fn source_key(self) -> Option<&'k CustomerKey> {
        match self {
            Self::CopyObject { source_key } | Self::UploadPartCopy { source_key } => source_key,
            _ => None,
        }
    }
}
