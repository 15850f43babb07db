//! Sessions whose bulk work another implementation of AES does, here the crate `aes-gcm` as it would stand behind
//! `SubtleCrypto`: whole messages only, an IV of any length.

use aes_gcm::aead::consts::U16;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, AesGcm};
use proptest::prelude::*;

use super::*;
use crate::gcm::{GcmMessage, TAG_LENGTH};
use crate::keyring::AesKeyring;
use crate::metadata::ContentMetadata;

const GIB: u64 = 1 << 30;

fn keyring() -> AesKeyring {
    AesKeyring::from_bytes(&[7; 32]).unwrap()
}

fn start(length: Option<u64>) -> EncryptSession {
    EncryptSession::start(&keyring(), CommitmentPolicy::default(), length).unwrap()
}

/// One segment through the other implementation: its ciphertext and its tag.
fn seal(session: &EncryptSession, offset: u64, plaintext: &[u8]) -> (Vec<u8>, [u8; TAG_LENGTH]) {
    let iv = session.delegate_segment(offset, plaintext.len() as u64).unwrap();
    let cipher = AesGcm::<aes::Aes256, U16>::new(session.content_key().into());
    let mut sealed = cipher.encrypt(iv.as_bytes().into(), plaintext).unwrap();
    let tag = sealed.split_off(plaintext.len()).try_into().unwrap();
    (sealed, tag)
}

fn gmac(key: &[u8; 32], ciphertext: &[u8]) -> [u8; TAG_LENGTH] {
    let payload = Payload { msg: &[], aad: ciphertext };
    Aes256Gcm::new(key.into()).encrypt(&GcmMessage::authentication_iv().into(), payload).unwrap().try_into().unwrap()
}

fn open(session: &EncryptSession) -> DecryptSession {
    let metadata = ContentMetadata::parse(&session.metadata()).unwrap();
    DecryptSession::start(&keyring(), CommitmentPolicy::default(), &metadata).unwrap()
}

proptest! {
    #[test]
    fn delegated_and_own_segments_make_one_object(
        plaintext in proptest::collection::vec(any::<u8>(), 0..400),
        delegated in proptest::collection::vec(any::<bool>(), 8),
        authenticated_elsewhere in proptest::collection::vec(any::<bool>(), 8),
    ) {
        let mut session = start(Some(plaintext.len() as u64));
        let mut reader = open(&session);
        let mut body = plaintext.clone();
        for (index, segment) in body.chunks_mut(64).enumerate().rev() {
            let offset = index as u64 * 64;
            if delegated[index] {
                let (sealed, tag) = seal(&session, offset, segment);
                session.record_delegated(offset, segment.len() as u64, &tag).unwrap();
                segment.copy_from_slice(&sealed);
            } else {
                session.encrypt_segment(offset, segment).unwrap();
            }
        }
        let tag = session.finish().unwrap();
        for (index, segment) in body.chunks(64).enumerate() {
            let offset = index as u64 * 64;
            if authenticated_elsewhere[index] {
                let tag = gmac(reader.content_key(), segment);
                reader.record_delegated(offset, segment.len() as u64, &tag).unwrap();
            } else {
                reader.authenticate_segment(offset, segment).unwrap();
            }
        }
        let verified = reader.verify(&tag).unwrap();
        for (index, segment) in body.chunks_mut(64).enumerate() {
            verified.decrypt_segment(index as u64 * 64, segment).unwrap();
        }
        prop_assert_eq!(body, plaintext);
    }
}

#[test]
fn positions_beyond_four_gib_are_delegated_like_any_other() {
    let mut session = start(None);
    for offset in [0, 4 * GIB - 16, 4 * GIB, 63 * GIB] {
        let (sealed, tag) = seal(&session, offset, &[0x5a; 16]);
        let mut own = [0x5a; 16];
        session.encrypt_segment(offset, &mut own).unwrap();
        assert_eq!(sealed, own, "{offset}");
        assert_eq!(session.record_delegated(offset, 16, &tag), Ok(()), "the share is the same at {offset}");
    }
    assert_eq!(session.delegate_segment(64 * GIB - 32, 16).unwrap_err().code(), "MESSAGE_TOO_LONG");
}

#[test]
fn other_bytes_at_a_position_that_was_used_are_found_before_they_are_released() {
    let mut session = start(None);
    let (_, tag) = seal(&session, 0, &[1; 32]);
    let (_, other) = seal(&session, 0, &[2; 32]);
    session.record_delegated(0, 32, &tag).unwrap();
    assert_eq!(session.record_delegated(0, 32, &other).unwrap_err().code(), "SEGMENT_CHANGED");
    assert_eq!(session.record_delegated(0, 32, &tag), Ok(()), "the same bytes may be sent again");
    assert_eq!(session.delegate_segment(16, 32).unwrap_err().code(), "SEGMENT_OVERLAP");
}

#[test]
fn a_delegated_segment_beyond_the_declared_length_is_refused() {
    let session = start(Some(32));
    assert_eq!(session.delegate_segment(32, 1).unwrap_err().code(), "CONTENT_LENGTH_MISMATCH");
    assert_eq!(session.delegate_segment(8, 8).unwrap_err().code(), "SEGMENT_MISALIGNED");
}

#[test]
fn what_changed_since_it_was_authenticated_is_not_released() {
    let mut session = start(None);
    let mut body = [0x5a; 32];
    let mut reader = open(&session);
    session.encrypt_segment(0, &mut body).unwrap();
    reader.authenticate_segment(0, &body).unwrap();
    let cipher = AesGcm::<aes::Aes256, U16>::new(reader.content_key().into());
    let verified = reader.verify(&session.finish().unwrap()).unwrap();
    let task = verified.delegate_segment(0, 32).unwrap();
    let decrypt = |body: &[u8]| cipher.decrypt(task.iv().into(), &[body, task.tag()].concat()[..]);
    assert_eq!(decrypt(&body).unwrap(), [0x5a; 32]);
    body[3] ^= 1;
    assert!(decrypt(&body).is_err());
    assert_eq!(VerifiedObject::refused(0).code(), "SEGMENT_CHANGED");
    assert_eq!(verified.delegate_segment(0, 16).unwrap_err().code(), "SEGMENT_OVERLAP");
    assert_eq!(verified.delegate_segment(32, 16).unwrap_err().code(), "SEGMENT_CHANGED");
}

#[test]
fn delayed_authentication_decrypts_as_it_reads_and_tells_at_the_end() {
    for forged in [false, true] {
        let mut session = start(None);
        let mut body = [0x5a; 100];
        let mut reader = open(&session).delay_authentication();
        session.encrypt_segment(0, &mut body[..64]).unwrap();
        session.encrypt_segment(64, &mut body[64..]).unwrap();
        let tag = session.finish().unwrap();
        body[70] ^= u8::from(forged);
        reader.decrypt_segment(0, &mut body[..64]).unwrap();
        assert_eq!(body[..64], [0x5a; 64]);
        reader.decrypt_segment(64, &mut body[64..]).unwrap();
        let outcome = reader.finish(&tag);
        assert_eq!(outcome.is_err(), forged);
        assert_eq!(outcome.err(), forged.then_some(EnvelopeError::AuthenticationFailed));
    }
}

#[test]
fn after_the_end_segments_are_only_encrypted_again() {
    let mut session = start(None);
    session.encrypt_segment(0, &mut [1; 32]).unwrap();
    let tag = session.finish().unwrap();
    assert_eq!(session.encrypt_segment(0, &mut [1; 32]), Ok(()));
    assert_eq!(session.encrypt_segment(32, &mut [1; 32]).unwrap_err().code(), "SEGMENT_CHANGED");
    assert_eq!(session.finish(), Ok(tag));
}
