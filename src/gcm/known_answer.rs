//! A known answer that another implementation of AES-GCM has to give before any segment is delegated to it: test case 16
//! of "The Galois/Counter Mode of Operation" (`McGrew`, Viega), in two segments.

use super::{DelegatedIv, GcmMessage, IV_LENGTH, ShareLedger, Span, TAG_LENGTH};
use crate::error::EnvelopeError;

const KEY_HALF: [u8; 16] = 0xfeff_e992_8665_731c_6d6a_8f94_6730_8308_u128.to_be_bytes();
const IV: [u8; IV_LENGTH] = [0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce, 0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88];
const AAD: &[u8] = b"\xfe\xed\xfa\xce\xde\xad\xbe\xef\xfe\xed\xfa\xce\xde\xad\xbe\xef\xab\xad\xda\xd2";
const PLAINTEXT: &[u8; 60] = b"\xd9\x31\x32\x25\xf8\x84\x06\xe5\xa5\x59\x09\xc5\xaf\xf5\x26\x9a\
\x86\xa7\xa9\x53\x15\x34\xf7\xda\x2e\x4c\x30\x3d\x8a\x31\x8a\x72\x1c\x3c\x0c\x95\x95\x68\x09\x53\x2f\xcf\x0e\x24\
\x49\xa6\xb5\x25\xb1\x6a\xed\xf5\xaa\x0d\xe6\x57\xba\x63\x7b\x39";
const CIPHERTEXT: &[u8; 60] = b"\x52\x2d\xc1\xf0\x99\x56\x7d\x07\xf4\x7f\x37\xa3\x2a\x84\x42\x7d\
\x64\x3a\x8c\xdc\xbf\xe5\xc0\xc9\x75\x98\xa2\xbd\x25\x55\xd1\xaa\x8c\xb0\x8e\x48\x59\x0d\xbb\x3d\xa7\xb0\x8b\x10\
\x56\x82\x88\x38\xc5\xf6\x1e\x63\x93\xba\x7a\x0a\xbc\xc9\xf6\x62";
const TAG: [u8; TAG_LENGTH] = 0x76fc_6ece_0f4e_1768_cddf_8853_bb2d_551b_u128.to_be_bytes();
/// Where the second segment starts.
const BORDER: usize = 32;

/// The two segments of the known answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownSegment {
    /// The first, of two blocks.
    First,
    /// The last, which does not end on a block.
    Last,
}

impl KnownSegment {
    /// Both, in order.
    pub const ALL: [Self; 2] = [Self::First, Self::Last];

    /// What is to be encrypted, and to come out of decryption.
    #[must_use]
    pub fn plaintext(self) -> &'static [u8] {
        self.part_of(PLAINTEXT)
    }

    /// What is to be authenticated and decrypted.
    #[must_use]
    pub fn ciphertext(self) -> &'static [u8] {
        self.part_of(CIPHERTEXT)
    }

    fn part_of(self, whole: &'static [u8; 60]) -> &'static [u8] {
        match self {
            Self::First => &whole[..BORDER],
            Self::Last => &whole[BORDER..],
        }
    }

    fn span(self) -> Result<Span, EnvelopeError> {
        match self {
            Self::First => Span::of(0, self.plaintext()),
            Self::Last => Span::of(BORDER as u64, self.plaintext()),
        }
    }
}

/// What another implementation made of one segment.
#[derive(Debug, Clone, Copy)]
pub struct SegmentAnswer<'a> {
    /// Encrypted under [`KnownAnswer::delegated_iv`].
    pub ciphertext: &'a [u8],
    /// The tag that came with it.
    pub encryption_tag: &'a [u8],
    /// The tag with the segment as additional data, under [`GcmMessage::authentication_iv`].
    pub authentication_tag: &'a [u8],
    /// Decrypted by AES-CTR from [`KnownAnswer::first_counter`].
    pub by_counter: &'a [u8],
    /// Decrypted by AES-GCM under [`KnownAnswer::delegated_iv`] with [`KnownAnswer::delegated_tag`].
    pub by_tag: &'a [u8],
}

/// The answers to the known question, as they come in.
#[derive(Debug)]
pub struct KnownAnswer {
    message: GcmMessage,
    encrypted: ShareLedger,
    authenticated: ShareLedger,
}

impl Default for KnownAnswer {
    fn default() -> Self {
        let mut key = [0; 32];
        key[..16].copy_from_slice(&KEY_HALF);
        key[16..].copy_from_slice(&KEY_HALF);
        let message = GcmMessage::new(&key, IV, AAD);
        Self { message, encrypted: ShareLedger::default(), authenticated: ShareLedger::default() }
    }
}

impl KnownAnswer {
    /// The key, which is no secret.
    #[must_use]
    pub fn key(&self) -> &[u8; 32] {
        self.message.key()
    }

    /// The IV for a segment.
    ///
    /// # Errors
    /// None: the segments are sound.
    pub fn delegated_iv(&self, segment: KnownSegment) -> Result<DelegatedIv, EnvelopeError> {
        Ok(self.message.delegated_iv(segment.span()?))
    }

    /// The tag that a segment is decrypted with.
    ///
    /// # Errors
    /// None: the segments are sound.
    pub fn delegated_tag(&self, segment: KnownSegment) -> Result<[u8; TAG_LENGTH], EnvelopeError> {
        let share = self.message.authenticate_segment(segment.ciphertext());
        Ok(self.message.delegated_tag(segment.span()?, &share))
    }

    /// The counter block that a segment starts at.
    ///
    /// # Errors
    /// None: the segments are sound.
    pub fn first_counter(&self, segment: KnownSegment) -> Result<[u8; 16], EnvelopeError> {
        Ok(self.message.first_counter(segment.span()?))
    }

    /// Takes the answers for one segment, and tells whether they may be right: the tags are only judged together, by
    /// [`KnownAnswer::is_met`].
    pub fn take(&mut self, segment: KnownSegment, answer: SegmentAnswer<'_>) -> bool {
        answer.ciphertext == segment.ciphertext()
            && answer.by_counter == segment.plaintext()
            && answer.by_tag == segment.plaintext()
            && self.record(segment, answer).is_some()
    }

    /// Whether the answers to both segments were taken, and their tags combine to the known one.
    #[must_use]
    pub fn is_met(&self) -> bool {
        [&self.encrypted, &self.authenticated].into_iter().all(|shares| self.message.verify(shares, &TAG).is_ok())
    }

    fn record(&mut self, segment: KnownSegment, answer: SegmentAnswer<'_>) -> Option<()> {
        let span = segment.span().ok()?;
        let encrypted = self.message.share_of_encrypted(span, answer.encryption_tag.try_into().ok()?);
        let authenticated =
            self.message.share_of_authenticated(span.length(), answer.authentication_tag.try_into().ok()?);
        self.encrypted.record(span, encrypted).ok()?;
        self.authenticated.record(span, authenticated).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aes_gcm::aead::consts::U16;
    use aes_gcm::aead::{Aead, KeyInit, Payload};
    use aes_gcm::{Aes256Gcm, AesGcm};

    /// What the crate `aes-gcm` makes of a segment: ciphertext, its tag, the tag over ciphertext, plaintext by tag.
    fn answers(known: &KnownAnswer, segment: KnownSegment) -> [Vec<u8>; 4] {
        let cipher = AesGcm::<aes::Aes256, U16>::new(known.key().into());
        let iv = known.delegated_iv(segment).unwrap();
        let mut sealed = cipher.encrypt(iv.as_bytes().into(), segment.plaintext()).unwrap();
        let tag = sealed.split_off(segment.plaintext().len());
        let payload = Payload { msg: &[], aad: segment.ciphertext() };
        let gmac =
            Aes256Gcm::new(known.key().into()).encrypt(&GcmMessage::authentication_iv().into(), payload).unwrap();
        let to_open = [segment.ciphertext(), &known.delegated_tag(segment).unwrap()].concat();
        let opened = cipher.decrypt(iv.as_bytes().into(), &to_open[..]).unwrap();
        [sealed, tag, gmac, opened]
    }

    fn given(segment: KnownSegment, [sealed, tag, gmac, opened]: &[Vec<u8>; 4]) -> SegmentAnswer<'_> {
        SegmentAnswer {
            ciphertext: sealed,
            encryption_tag: tag,
            authentication_tag: gmac,
            by_counter: segment.plaintext(),
            by_tag: opened,
        }
    }

    #[test]
    fn a_sound_implementation_meets_it() {
        let mut known = KnownAnswer::default();
        for segment in KnownSegment::ALL {
            assert!(!known.is_met());
            let answers = answers(&known, segment);
            assert!(known.take(segment, given(segment, &answers)));
        }
        assert!(known.is_met());
    }

    #[test]
    fn any_wrong_bit_fails_it() {
        for wrong in 0..5 {
            let mut known = KnownAnswer::default();
            let mut all_taken = true;
            for segment in KnownSegment::ALL {
                let mut answers = answers(&known, segment);
                if let Some(answer) = answers.get_mut(wrong) {
                    answer[3] ^= 1;
                }
                let mut answer = given(segment, &answers);
                if wrong == 4 {
                    answer.by_counter = b"something else";
                }
                all_taken &= known.take(segment, answer);
            }
            assert!(!all_taken || !known.is_met(), "answer {wrong}");
        }
    }

    #[test]
    fn a_missing_or_short_answer_fails_it() {
        let mut known = KnownAnswer::default();
        let mut answers = answers(&known, KnownSegment::First);
        assert!(known.take(KnownSegment::First, given(KnownSegment::First, &answers)));
        assert!(!known.is_met(), "the last segment is missing");
        answers[1].pop();
        assert!(!KnownAnswer::default().take(KnownSegment::First, given(KnownSegment::First, &answers)));
    }
}
