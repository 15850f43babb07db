//! Objects that AWS's own client wrote, read. `tests/vectors/s3ec/README.md` tells how they were made.
#![expect(clippy::unwrap_used, reason = "a failed step is the test failing")]

use base64::{Engine, engine::general_purpose::STANDARD};
use s3_envelope::keyring::{DataKey, WrappingAlgorithm};
use s3_envelope::metadata::{ContentMetadata, MetadataMap};
use s3_envelope::object::{CommitmentPolicy, DecryptSession};

#[derive(serde::Deserialize)]
struct Vector {
    suite: String,
    metadata: MetadataMap,
    body: String,
}

const PLAINTEXT: &[u8] = b"The quick brown fox jumps over the lazy dog";

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("vectors/s3ec/python-4.0.0.json")).unwrap()
}

fn data_key() -> DataKey {
    DataKey::from_bytes(&std::array::from_fn::<u8, 32, _>(|i| u8::try_from(i).unwrap())).unwrap()
}

#[test]
fn both_formats_of_the_python_client_decrypt() {
    let vectors = vectors();
    assert_eq!(vectors.iter().map(|vector| vector.suite.as_str()).collect::<Vec<_>>(), ["0x72", "0x73"]);
    for vector in vectors {
        let metadata = ContentMetadata::parse(&vector.metadata).unwrap();
        let policy = CommitmentPolicy::RequireEncryptAllowDecrypt;
        let mut session = DecryptSession::with_data_key(&metadata, &data_key(), policy).unwrap();
        let mut body = STANDARD.decode(&vector.body).unwrap();
        let tag = body.split_off(PLAINTEXT.len());
        session.authenticate_segment(0, &body).unwrap();
        let verified = session.verify(tag[..].try_into().unwrap()).unwrap();
        verified.decrypt_segment(0, &mut body).unwrap();
        assert_eq!(body, PLAINTEXT, "suite {}", vector.suite);
    }
}

#[test]
fn what_is_read_is_what_would_be_written() {
    for vector in vectors() {
        let metadata = ContentMetadata::parse(&vector.metadata).unwrap();
        assert_eq!(metadata.wrapped.algorithm, WrappingAlgorithm::KmsContext);
        assert_eq!(metadata.wrapped.description["purpose"], "vector");
        // The same entries under the same names; only the spacing inside the JSON map is each writer's own.
        let ours = metadata.to_map();
        assert_eq!(ours.keys().collect::<Vec<_>>(), vector.metadata.keys().collect::<Vec<_>>());
        for (name, value) in ours.iter().filter(|(_, value)| !value.starts_with('{')) {
            assert_eq!(value, &vector.metadata[name], "{name}");
        }
    }
}
