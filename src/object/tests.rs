//! Objects from end to end: what is written reads back, and nothing that was touched does.

use super::*;
use crate::keyring::{AesKeyring, Keyring};
use crate::metadata::{ContentMetadata, MetadataMap};

const SEGMENT: usize = 64;
const POLICIES: [CommitmentPolicy; 2] =
    [CommitmentPolicy::RequireEncryptRequireDecrypt, CommitmentPolicy::ForbidEncryptAllowDecrypt];

fn encrypt(keyring: &AesKeyring, policy: CommitmentPolicy, plaintext: &[u8]) -> (MetadataMap, Vec<u8>) {
    let mut session = EncryptSession::start(keyring, policy, Some(plaintext.len() as u64)).unwrap();
    let metadata = session.metadata();
    let mut body = plaintext.to_vec();
    for (index, segment) in body.chunks_mut(SEGMENT).enumerate().rev() {
        session.encrypt_segment((index * SEGMENT) as u64, segment).unwrap();
    }
    body.extend(session.finish().unwrap());
    (metadata, body)
}

fn decrypt(
    keyring: &AesKeyring,
    policy: CommitmentPolicy,
    metadata: &MetadataMap,
    body: &[u8],
) -> Result<Vec<u8>, EnvelopeError> {
    let metadata = ContentMetadata::parse(metadata)?;
    let mut session = DecryptSession::start(keyring, policy, &metadata)?;
    let (ciphertext, tag) = body.split_last_chunk().ok_or(EnvelopeError::AuthenticationFailed)?;
    for (index, segment) in ciphertext.chunks(SEGMENT).enumerate() {
        session.authenticate_segment((index * SEGMENT) as u64, segment)?;
    }
    let verified = session.verify(tag)?;
    let mut plaintext = ciphertext.to_vec();
    for (index, segment) in plaintext.chunks_mut(SEGMENT).enumerate().rev() {
        verified.decrypt_segment((index * SEGMENT) as u64, segment)?;
    }
    Ok(plaintext)
}

fn keyring() -> AesKeyring {
    AesKeyring::from_bytes(&[7; 32]).unwrap().with_description([("key".to_owned(), "2026".to_owned())].into())
}

#[test]
fn what_is_encrypted_decrypts_at_every_edge_and_in_both_formats() {
    for policy in POLICIES {
        for length in [0, 1, 15, 16, 17, 63, 64, 65, 200] {
            let plaintext = vec![0x5a; length];
            let (metadata, body) = encrypt(&keyring(), policy, &plaintext);
            assert_eq!(body.len(), length + 16);
            assert_eq!(decrypt(&keyring(), policy, &metadata, &body), Ok(plaintext));
        }
    }
}

#[test]
fn two_objects_of_the_same_bytes_have_nothing_in_common() {
    let policy = CommitmentPolicy::default();
    let (first_metadata, first) = encrypt(&keyring(), policy, &[0; 64]);
    let (second_metadata, second) = encrypt(&keyring(), policy, &[0; 64]);
    assert_ne!(first, second);
    for name in ["x-amz-3", "x-amz-d", "x-amz-i"] {
        assert_ne!(first_metadata[name], second_metadata[name]);
    }
}

#[test]
fn the_content_is_aes_gcm_as_the_specification_says() {
    use aes_gcm::aead::{Aead, KeyInit, Payload};
    use hkdf::Hkdf;
    let (metadata, body) = encrypt(&keyring(), CommitmentPolicy::default(), b"attack at dawn");
    let parsed = ContentMetadata::parse(&metadata).unwrap();
    let data_key = keyring().unwrap(&parsed.wrapped, parsed.suite()).unwrap();
    let crate::metadata::MessageFormat::V3 { message_id, .. } = parsed.format else { panic!("V3 is the default") };
    let mut content_key = [0; 32];
    Hkdf::<sha2::Sha512>::new(Some(&message_id), data_key.as_bytes())
        .expand(b"\x00\x73DERIVEKEY", &mut content_key)
        .unwrap();
    let payload = Payload { msg: &body, aad: b"\x00\x73" };
    let plaintext = aes_gcm::Aes256Gcm::new(&content_key.into()).decrypt(&[0x01; 12].into(), payload).unwrap();
    assert_eq!(plaintext, b"attack at dawn");
}

#[test]
fn a_changed_bit_anywhere_in_the_body_is_refused() {
    for policy in POLICIES {
        let (metadata, body) = encrypt(&keyring(), policy, &[0x5a; 100]);
        for position in 0..body.len() {
            let mut changed = body.clone();
            changed[position] ^= 0x80;
            assert_eq!(
                decrypt(&keyring(), policy, &metadata, &changed),
                Err(EnvelopeError::AuthenticationFailed),
                "byte {position}"
            );
        }
    }
}

#[test]
fn a_truncated_or_extended_body_is_refused() {
    for policy in POLICIES {
        let (metadata, body) = encrypt(&keyring(), policy, &[0x5a; 100]);
        for length in 0..body.len() {
            assert!(decrypt(&keyring(), policy, &metadata, &body[..length]).is_err(), "{length}");
        }
        for extra in [1, 16, 64] {
            let longer = [&body[..], &vec![0; extra]].concat();
            assert_eq!(decrypt(&keyring(), policy, &metadata, &longer), Err(EnvelopeError::AuthenticationFailed));
        }
    }
}

#[test]
fn a_changed_character_anywhere_in_any_metadata_value_is_refused() {
    for policy in POLICIES {
        let (metadata, body) = encrypt(&keyring(), policy, &[0x5a; 100]);
        for (name, value) in &metadata {
            for position in 0..value.len() {
                let mut bytes = value.clone().into_bytes();
                bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
                let mut changed = metadata.clone();
                changed.insert(name.clone(), String::from_utf8(bytes).unwrap());
                let outcome = decrypt(&keyring(), policy, &changed, &body);
                assert!(outcome.is_err(), "{name}, character {position}");
            }
        }
    }
}

#[test]
fn another_wrapping_key_is_refused_as_such() {
    let (metadata, body) = encrypt(&keyring(), CommitmentPolicy::default(), b"x");
    let other = AesKeyring::from_bytes(&[8; 32]).unwrap();
    let outcome = decrypt(&other, CommitmentPolicy::default(), &metadata, &body);
    assert_eq!(outcome, Err(EnvelopeError::WrongKey));
}

#[test]
fn a_data_key_that_the_object_does_not_commit_to_is_refused() {
    // Somebody who holds the wrapping key wraps another data key into the metadata.
    let (mut metadata, body) = encrypt(&keyring(), CommitmentPolicy::default(), b"x");
    let swapped = keyring().encryption_materials(CommitmentPolicy::default().suite()).unwrap();
    let (other, _) = encrypt(&keyring(), CommitmentPolicy::default(), b"y");
    metadata.insert("x-amz-3".to_owned(), other["x-amz-3"].clone());
    assert_eq!(swapped.wrapped.ciphertext.len(), 60);
    assert_eq!(decrypt(&keyring(), CommitmentPolicy::default(), &metadata, &body), Err(EnvelopeError::WrongKey));
}

#[test]
fn the_default_policy_reads_no_object_without_commitment() {
    let (metadata, body) = encrypt(&keyring(), CommitmentPolicy::ForbidEncryptAllowDecrypt, b"x");
    let strict = decrypt(&keyring(), CommitmentPolicy::default(), &metadata, &body);
    assert_eq!(strict, Err(EnvelopeError::CommitmentRequired));
    let lenient = decrypt(&keyring(), CommitmentPolicy::RequireEncryptAllowDecrypt, &metadata, &body);
    assert_eq!(lenient, Ok(b"x".to_vec()));
}

#[test]
fn policies_are_found_by_their_names_only() {
    let name = "REQUIRE_ENCRYPT_ALLOW_DECRYPT";
    assert_eq!(CommitmentPolicy::from_name(name), Ok(CommitmentPolicy::RequireEncryptAllowDecrypt));
    assert_eq!(CommitmentPolicy::from_name("none").unwrap_err().code(), "INVALID_OPTION");
}

#[test]
fn a_segment_may_be_encrypted_again_with_the_same_bytes_only() {
    let mut session = EncryptSession::start(&keyring(), CommitmentPolicy::default(), None).unwrap();
    let mut first = [1; 64];
    session.encrypt_segment(0, &mut first).unwrap();
    let mut again = [1; 64];
    session.encrypt_segment(0, &mut again).unwrap();
    assert_eq!(first, again);
    let mut other = [2; 64];
    assert_eq!(session.encrypt_segment(0, &mut other), Err(EnvelopeError::SegmentChanged { offset: 0 }));
    assert_eq!(other, [0; 64], "neither plaintext nor ciphertext is left behind");
    let mut part = [1; 32];
    assert_eq!(session.encrypt_segment(32, &mut part).unwrap_err().code(), "SEGMENT_OVERLAP");
    session.finish().unwrap();
}

#[test]
fn the_declared_length_is_held_to() {
    let too_long = EncryptSession::start(&keyring(), CommitmentPolicy::default(), Some((1 << 36) - 31));
    assert_eq!(too_long.unwrap_err().code(), "MESSAGE_TOO_LONG");
    let start = || EncryptSession::start(&keyring(), CommitmentPolicy::default(), Some(20)).unwrap();
    let mut session = start();
    session.encrypt_segment(0, &mut [0; 16]).unwrap();
    let short = session.finish();
    assert_eq!(short, Err(EnvelopeError::ContentLengthMismatch { declared: 20, actual: 16 }));
    let long = start().encrypt_segment(0, &mut [0; 21]);
    assert_eq!(long, Err(EnvelopeError::ContentLengthMismatch { declared: 20, actual: 21 }));
}

#[test]
fn a_missing_segment_is_named_at_the_end() {
    let mut session = EncryptSession::start(&keyring(), CommitmentPolicy::default(), None).unwrap();
    session.encrypt_segment(64, &mut [0; 64]).unwrap();
    assert_eq!(session.finish(), Err(EnvelopeError::MessageIncomplete { missing_at: 0 }));
}

#[test]
fn only_the_very_bytes_that_were_authenticated_are_decrypted() {
    let (metadata, body) = encrypt(&keyring(), CommitmentPolicy::default(), &[0x5a; 100]);
    let metadata = ContentMetadata::parse(&metadata).unwrap();
    let mut session = DecryptSession::start(&keyring(), CommitmentPolicy::default(), &metadata).unwrap();
    session.authenticate_segment(0, &body[..64]).unwrap();
    session.authenticate_segment(64, &body[64..100]).unwrap();
    let verified = session.verify(body[100..].try_into().unwrap()).unwrap();
    // The spool is altered between verification and decryption.
    let mut altered = body[..64].to_vec();
    altered[5] ^= 1;
    assert_eq!(verified.decrypt_segment(0, &mut altered), Err(EnvelopeError::SegmentChanged { offset: 0 }));
    assert_eq!(altered, [0; 64]);
    let mut tail = body[64..100].to_vec();
    verified.decrypt_segment(64, &mut tail).unwrap();
    assert_eq!(verified.check_complete(64), Err(EnvelopeError::MessageIncomplete { missing_at: 64 }));
    assert_eq!(verified.check_complete(100), Ok(()));
    assert_eq!(tail, [0x5a; 36]);
}

#[test]
fn the_length_in_v2_metadata_is_checked() {
    let policy = CommitmentPolicy::ForbidEncryptAllowDecrypt;
    let (mut metadata, body) = encrypt(&keyring(), policy, &[0; 5]);
    metadata.insert("x-amz-unencrypted-content-length".to_owned(), "6".to_owned());
    let outcome = decrypt(&keyring(), policy, &metadata, &body);
    assert_eq!(outcome, Err(EnvelopeError::ContentLengthMismatch { declared: 6, actual: 5 }));
}

#[test]
fn what_older_clients_wrote_is_refused_until_each_part_of_it_is_asked_for() {
    use crate::keyring::{LegacyWrapping, WrappingAlgorithm};
    use crate::metadata::{CbcVersion, MessageFormat};
    let allow = CommitmentPolicy::RequireEncryptAllowDecrypt;
    let policy = |commitment, wrapping, modes| ReadPolicy {
        commitment,
        legacy_wrapping_algorithms: wrapping,
        legacy_unauthenticated_modes: modes,
    };
    let wrapped = crate::keyring::WrappedDataKey {
        algorithm: WrappingAlgorithm::Legacy(LegacyWrapping::AesWrap),
        ciphertext: vec![0; 40],
        description: crate::keyring::MaterialsDescription::new(),
    };
    let gcm = MessageFormat::V2 { iv: [1; 12], unencrypted_content_length: None };
    let gcm = ContentMetadata { wrapped: wrapped.clone(), format: gcm };
    let cbc = MessageFormat::Cbc { version: CbcVersion::V2, iv: [1; 16], unencrypted_content_length: None };
    let cbc = ContentMetadata { wrapped, format: cbc };
    let code = |policy: ReadPolicy, metadata| policy.check(metadata).map_or_else(|error| error.code(), |()| "allowed");
    assert_eq!(code(policy(CommitmentPolicy::default(), true, true), &gcm), "COMMITMENT_REQUIRED");
    assert_eq!(code(policy(CommitmentPolicy::default(), true, true), &cbc), "COMMITMENT_REQUIRED");
    assert_eq!(code(policy(allow, false, true), &gcm), "LEGACY_WRAPPING_NOT_ENABLED");
    assert_eq!(code(policy(allow, true, false), &gcm), "allowed");
    assert_eq!(code(policy(allow, true, false), &cbc), "LEGACY_UNAUTHENTICATED_NOT_ENABLED");
    assert_eq!(code(policy(allow, false, true), &cbc), "LEGACY_WRAPPING_NOT_ENABLED");
    assert_eq!(code(policy(allow, true, true), &cbc), "allowed");
    // A session that authenticates has nothing to do with content that cannot be.
    let data_key = crate::keyring::DataKey::from_bytes(&[1; 32]).unwrap();
    let refused = DecryptSession::with_data_key(&cbc, &data_key, policy(allow, true, true)).unwrap_err();
    assert_eq!(refused.code(), "UNSUPPORTED");
}
