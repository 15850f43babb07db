//! Objects that AWS's own clients wrote, read. `tests/vectors/s3ec/README.md` tells how they were made.
#![expect(clippy::unwrap_used, reason = "a failed step is the test failing")]

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, engine::general_purpose::STANDARD};
use s3_envelope::error::EnvelopeError;
use s3_envelope::keyring::{AesKeyring, DataKey, MaterialsDescription, WrappingAlgorithm};
use s3_envelope::metadata::{ContentMetadata, MetadataMap, join, needs_instruction_file, split};
use s3_envelope::object::{CommitmentPolicy, DecryptSession};

const POLICY: CommitmentPolicy = CommitmentPolicy::RequireEncryptAllowDecrypt;
const FILES: [&str; 4] = [
    include_str!("vectors/s3ec/java.json"),
    include_str!("vectors/s3ec/python.json"),
    include_str!("vectors/s3ec/go.json"),
    include_str!("vectors/s3ec/ruby.json"),
];

#[derive(serde::Deserialize)]
struct Recorded {
    client: String,
    objects: Vec<Object>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    format: String,
    keyring: String,
    /// Whether the data key was wrapped anew, for another key.
    #[serde(default)]
    rotated: bool,
    plaintext: String,
    metadata: BTreeMap<String, String>,
    instruction_file: Option<String>,
    data_key: Option<String>,
    body: String,
}

impl Object {
    /// The entries of the object and of its instruction file together.
    fn entries(&self) -> MetadataMap {
        match &self.instruction_file {
            None => self.metadata(),
            Some(file) => join(&self.metadata(), file.as_bytes()).unwrap(),
        }
    }

    fn metadata(&self) -> MetadataMap {
        self.metadata.clone().into_iter().collect()
    }

    /// A session over the key that our AES keyring unwraps, or that KMS or OpenSSL unwrapped when it was recorded.
    fn session(&self, metadata: &ContentMetadata) -> Result<DecryptSession, EnvelopeError> {
        match &self.data_key {
            None => DecryptSession::start(&aes_keyring(self.rotated), POLICY, metadata),
            Some(key) => {
                let key = DataKey::from_bytes(&STANDARD.decode(key).unwrap())?;
                DecryptSession::with_data_key(metadata, &key, POLICY)
            }
        }
    }

    fn opened(&self, body: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
        let mut session = self.session(&ContentMetadata::parse(&self.entries())?)?;
        let (content, tag) = body.split_at(body.len() - 16);
        let mut content = content.to_vec();
        session.authenticate_segment(0, &content)?;
        session.verify(tag.try_into().unwrap())?.decrypt_segment(0, &mut content)?;
        Ok(content)
    }

    fn body(&self) -> Vec<u8> {
        STANDARD.decode(&self.body).unwrap()
    }

    fn is_legacy(&self) -> bool {
        self.format == "V1"
    }
}

fn recorded() -> Vec<Recorded> {
    FILES.iter().map(|file| serde_json::from_str(file).unwrap()).collect()
}

fn objects() -> Vec<Object> {
    recorded().into_iter().flat_map(|file| file.objects).collect()
}

/// The keyring that the clients had, whose key is bytes 00 01 … 1f, or the one for rotation, 20 21 … 3f.
fn aes_keyring(rotated: bool) -> AesKeyring {
    let keys: serde_json::Value = serde_json::from_str(include_str!("vectors/s3ec/keys.json")).unwrap();
    let keys = if rotated { &keys["other"] } else { &keys };
    let key = STANDARD.decode(keys["aes"]["key"].as_str().unwrap()).unwrap();
    let mut description = description();
    if rotated {
        description.insert("rotated".into(), "yes".into());
    }
    AesKeyring::from_bytes(&key).unwrap().with_description(description)
}

fn description() -> MaterialsDescription {
    [("project", "s3-envelope"), ("purpose", "interop")].map(|(name, value)| (name.into(), value.into())).into()
}

#[test]
fn every_client_is_there_with_every_kind_that_it_writes() {
    let kinds = |file: &Recorded| {
        let kinds = file.objects.iter();
        kinds
            .map(|o| (o.format.clone(), o.keyring.clone(), o.instruction_file.is_some(), o.rotated))
            .collect::<BTreeSet<_>>()
            .len()
    };
    let found: Vec<_> = recorded().iter().map(|file| (file.client.clone(), kinds(file))).collect();
    for ((client, count), (name, expected)) in found.iter().zip([("java", 16), ("python", 2), ("-go", 2), ("Ruby", 12)])
    {
        assert!(client.contains(name) && *count == expected, "{client}: {count} kinds");
    }
}

#[test]
fn what_is_authenticated_decrypts_to_what_was_encrypted() {
    let mut opened = 0;
    for object in objects().iter().filter(|object| !object.is_legacy()) {
        let content = object.opened(&object.body()).unwrap();
        assert_eq!(content, object.plaintext.as_bytes(), "{} {}", object.format, object.keyring);
        opened += 1;
    }
    assert_eq!(opened, 70);
}

#[test]
fn a_changed_bit_is_refused() {
    for object in objects().iter().filter(|object| !object.is_legacy()) {
        let mut body = object.body();
        body[0] ^= 1;
        assert!(matches!(object.opened(&body), Err(EnvelopeError::AuthenticationFailed)), "{}", object.keyring);
    }
}

#[test]
fn a_keyring_of_another_description_is_refused() {
    let other = aes_keyring(false).with_description([("project".into(), "another".into())].into());
    for object in objects().iter().filter(|object| !object.is_legacy() && object.keyring == "aes") {
        let metadata = ContentMetadata::parse(&object.entries()).unwrap();
        let refused = DecryptSession::start(&other, POLICY, &metadata);
        assert!(matches!(refused, Err(EnvelopeError::MaterialsDescriptionMismatch)));
    }
}

#[test]
fn what_is_read_is_what_would_be_written() {
    for object in objects().iter().filter(|object| !object.is_legacy() && object.instruction_file.is_none()) {
        let metadata = ContentMetadata::parse(&object.metadata()).unwrap();
        let (algorithm, pair) = match object.keyring.as_str() {
            "aes" => (WrappingAlgorithm::AesGcm, ("purpose", "interop")),
            "rsa" => (WrappingAlgorithm::RsaOaepSha1, ("project", "s3-envelope")),
            _ => (WrappingAlgorithm::KmsContext, ("owner", "s3-envelope")),
        };
        assert_eq!(metadata.wrapped.algorithm, algorithm);
        assert_eq!(metadata.wrapped.description[pair.0], pair.1);
        // The same entries under the same names; only the spacing and order inside the JSON map are each writer's own.
        let ours = metadata.to_map();
        assert_eq!(ours.keys().collect::<Vec<_>>(), object.metadata.keys().collect::<Vec<_>>());
        for (name, value) in ours.iter().filter(|(_, value)| !value.starts_with('{')) {
            assert_eq!(value, &object.metadata[name], "{name}");
        }
    }
}

#[test]
fn instruction_files_are_looked_for_where_there_are_some_and_split_as_their_writers_split_them() {
    let mut files = 0;
    for object in objects() {
        assert_eq!(needs_instruction_file(&object.metadata()), object.instruction_file.is_some(), "{}", object.format);
        let Some(file) = &object.instruction_file else { continue };
        files += 1;
        let (beside, ours) = split(ContentMetadata::parse(&object.entries()).unwrap().to_map());
        assert_eq!(beside, object.metadata());
        let names = |text: &str| {
            serde_json::from_str::<BTreeMap<String, String>>(text).unwrap().into_keys().collect::<BTreeSet<_>>()
        };
        assert_eq!(names(&ours), names(file), "{} {}", object.format, object.keyring);
    }
    assert_eq!(files, 40);
}

#[test]
fn legacy_objects_are_refused_unless_they_are_asked_for() {
    let mut refused = 0;
    for object in objects().iter().filter(|object| object.is_legacy()) {
        let metadata = ContentMetadata::parse(&object.entries());
        let started =
            metadata.and_then(|metadata| DecryptSession::start(&aes_keyring(object.rotated), POLICY, &metadata));
        assert!(started.is_err(), "{} {}", object.format, object.keyring);
        refused += 1;
    }
    assert_eq!(refused, 18);
}
