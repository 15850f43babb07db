//! Segments whose bulk work is done by another implementation of AES-GCM, one that only knows whole messages (such as
//! `SubtleCrypto`, at hardware speed).
//!
//! A segment is made to look like a message of its own: GCM accepts an IV of any length, and for a 16-byte IV the
//! pre-counter block is a polynomial of it that can be solved for the IV (NIST SP 800-38D, section 7.1, step 2). So the
//! other implementation can be made to start at any counter; and the tag that it returns contains the segment's share,
//! which comes out by undoing the last steps of GCM. The same the other way round: who knows a segment's share knows the
//! tag with which the other implementation decrypts it, and finds out itself whether the segment is still the same.

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::field::{Block, Element};
use super::{GcmMessage, Share, Span, TAG_LENGTH, lengths_block};
use s3_envelope_bulk::encrypt_block;

/// The length of the IV that makes another implementation start within a message, in bytes.
pub const DELEGATED_IV_LENGTH: usize = 16;

/// The IV of the messages that authenticate a segment of ciphertext: its 12 bytes are constant, because such a message
/// encrypts nothing and its tag is only ever used here.
const GMAC_IV: [u8; 12] = [0; 12];

/// One segment, as a task for another implementation of AES-GCM under the same key.
#[derive(Debug, Clone, Zeroize, ZeroizeOnDrop)]
pub struct DelegatedIv([u8; DELEGATED_IV_LENGTH]);

impl DelegatedIv {
    /// The 16 bytes to pass as the IV. They are derived from the message's hash key: not for publication.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; DELEGATED_IV_LENGTH] {
        &self.0
    }
}

impl GcmMessage {
    /// The IV under which AES-GCM, given the segment at `span` as its whole plaintext and no additional data, yields the
    /// segment's true ciphertext.
    #[must_use]
    pub fn delegated_iv(&self, span: Span) -> DelegatedIv {
        let inverse = self.hash_key_inverse();
        let start = Element::from_block(self.pre_counter_block(span.first_block()));
        let lengths = Element::from_block(lengths_block(0, DELEGATED_IV_LENGTH as u64));
        DelegatedIv(start.times(inverse).plus(&lengths).times(inverse).to_block())
    }

    /// The segment's share, from the tag that came with its ciphertext under [`GcmMessage::delegated_iv`].
    #[must_use]
    pub fn share_of_encrypted(&self, span: Span, tag: &[u8; TAG_LENGTH]) -> Share {
        self.share_within(tag, self.pre_counter_block(span.first_block()), lengths_block(0, span.length()))
    }

    /// The IV under which AES-GCM, given a segment of ciphertext as additional data and an empty plaintext, yields a tag
    /// for [`GcmMessage::share_of_authenticated`].
    #[must_use]
    pub const fn authentication_iv() -> [u8; 12] {
        GMAC_IV
    }

    /// The share of a segment of ciphertext of `length` bytes, from the tag of a message that had it as additional data.
    #[must_use]
    pub fn share_of_authenticated(&self, length: u64, tag: &[u8; TAG_LENGTH]) -> Share {
        let mut pre_counter = [0; 16];
        pre_counter[..12].copy_from_slice(&GMAC_IV);
        pre_counter[15] = 1;
        self.share_within(tag, pre_counter, lengths_block(length, 0))
    }

    /// The tag with which AES-GCM, given the segment at `span` as its whole ciphertext under [`GcmMessage::delegated_iv`]
    /// and no additional data, decrypts it: just if the segment has this share.
    #[must_use]
    pub fn delegated_tag(&self, span: Span, share: &Share) -> [u8; TAG_LENGTH] {
        let mut mask = self.pre_counter_block(span.first_block());
        encrypt_block(&self.0.cipher, &mut mask);
        let lengths = Element::from_block(lengths_block(0, span.length()));
        let hash = Element::from_block(*share.as_bytes()).plus(&lengths).times(&self.0.hash_key);
        let tag = hash.plus(&Element::from_block(mask)).to_block();
        mask.zeroize();
        tag
    }

    fn hash_key_inverse(&self) -> &Element {
        self.0.hash_key_inverse.get_or_init(|| self.0.hash_key.inverse())
    }

    /// Undoes the end of GCM: the tag is ((share ⊕ lengths) · H) ⊕ E(K, pre-counter block).
    fn share_within(&self, tag: &[u8; TAG_LENGTH], mut pre_counter: Block, lengths: Block) -> Share {
        encrypt_block(&self.0.cipher, &mut pre_counter);
        let unmasked = Element::from_block(*tag).plus(&Element::from_block(pre_counter));
        pre_counter.zeroize();
        let share = unmasked.times(self.hash_key_inverse()).plus(&Element::from_block(lengths));
        Share::from_bytes(share.to_block())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aes::Aes256;
    use aes_gcm::aead::consts::U16;
    use aes_gcm::aead::{Aead, KeyInit, Payload};
    use aes_gcm::{Aes256Gcm, AesGcm};
    use proptest::prelude::*;

    const KEY: [u8; 32] = [0x42; 32];

    fn message() -> GcmMessage {
        GcmMessage::new(&KEY, [0x24; 12], b"\x00\x73")
    }

    proptest! {
        #[test]
        fn another_aes_gcm_gives_the_same_segment_and_the_same_share(
            plaintext in proptest::collection::vec(any::<u8>(), 0..300),
            block in 0_u64..(1 << 32) - 40,
        ) {
            let message = message();
            let span = Span::of(block * 16, &plaintext).unwrap();
            let mut ours = plaintext.clone();
            let share = message.encrypt_segment(span, &mut ours);

            let iv = message.delegated_iv(span);
            let theirs =
                AesGcm::<Aes256, U16>::new(&KEY.into()).encrypt(iv.as_bytes().into(), &plaintext[..]).unwrap();
            let (ciphertext, tag) = theirs.split_last_chunk().unwrap();
            prop_assert_eq!(ciphertext, &ours[..]);
            let recovered = message.share_of_encrypted(span, tag);
            prop_assert_eq!(recovered.as_bytes(), share.as_bytes());
        }

        #[test]
        fn another_aes_gcm_decrypts_a_segment_of_this_share_and_no_other(
            plaintext in proptest::collection::vec(any::<u8>(), 1..300),
            block in 0_u64..(1 << 32) - 40,
            altered in any::<proptest::sample::Index>(),
        ) {
            let message = message();
            let span = Span::of(block * 16, &plaintext).unwrap();
            let mut ciphertext = plaintext.clone();
            let tag = message.delegated_tag(span, &message.encrypt_segment(span, &mut ciphertext));

            let iv = message.delegated_iv(span);
            let theirs = AesGcm::<Aes256, U16>::new(&KEY.into());
            let opened = theirs.decrypt(iv.as_bytes().into(), &[&ciphertext[..], &tag].concat()[..]);
            prop_assert_eq!(opened.unwrap(), plaintext);
            let at = altered.index(ciphertext.len());
            ciphertext[at] ^= 1;
            prop_assert!(theirs.decrypt(iv.as_bytes().into(), &[&ciphertext[..], &tag].concat()[..]).is_err());
        }

        #[test]
        fn a_tag_over_ciphertext_as_additional_data_gives_the_same_share(
            ciphertext in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let message = message();
            let payload = Payload { msg: &[], aad: &ciphertext };
            let iv = GcmMessage::authentication_iv();
            let tag = Aes256Gcm::new(&KEY.into()).encrypt(&iv.into(), payload).unwrap();
            let share = message.share_of_authenticated(ciphertext.len() as u64, tag[..].try_into().unwrap());
            let direct = message.authenticate_segment(&ciphertext);
            prop_assert_eq!(share.as_bytes(), direct.as_bytes());
        }
    }
}
