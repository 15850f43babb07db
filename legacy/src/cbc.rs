//! Content in AES-256-CBC with PKCS #7 padding (suite 0x0070), decrypted piece by piece. It is not authenticated: what
//! comes out may be anything, whatever the padding says.

use aes::Aes256;
use cbc::Decryptor;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeLess};
use zeroize::Zeroizing;

use crate::LegacyError;

/// The length of a block and of the IV, in bytes.
pub const BLOCK_LENGTH: usize = 16;

/// Decrypts one object's content, in order. The key is wiped on drop.
pub struct CbcReader {
    cipher: Decryptor<Aes256>,
    /// Ciphertext that is no whole block yet, or the last block so far, which may hold the padding.
    pending: Zeroizing<Vec<u8>>,
}

impl CbcReader {
    /// A reader of the content under a 32-byte data key and a 16-byte IV.
    #[must_use]
    pub fn new(data_key: &[u8; 32], iv: &[u8; BLOCK_LENGTH]) -> Self {
        Self { cipher: Decryptor::new(data_key.into(), iv.into()), pending: Zeroizing::default() }
    }

    /// The plaintext of all whole blocks that are certainly not the last, unauthenticated.
    #[must_use]
    pub fn update(&mut self, ciphertext: &[u8]) -> Vec<u8> {
        self.pending.extend_from_slice(ciphertext);
        // At least one byte stays behind: as long as more may come, nobody knows which block is the last.
        let whole = self.pending.len().saturating_sub(1) / BLOCK_LENGTH * BLOCK_LENGTH;
        let mut plaintext: Vec<u8> = self.pending.drain(..whole).collect();
        self.decrypt(&mut plaintext);
        plaintext
    }

    /// The rest of the plaintext, without its padding.
    ///
    /// # Errors
    /// [`LegacyError::ContentInvalid`] where the ciphertext is empty or no whole number of blocks, or the padding is none.
    pub fn finish(mut self) -> Result<Vec<u8>, LegacyError> {
        let mut last = Zeroizing::new(core::mem::take(&mut *self.pending));
        if last.len() != BLOCK_LENGTH {
            return Err(LegacyError::ContentInvalid);
        }
        self.decrypt(&mut last);
        let length = unpadded_length(&last).ok_or(LegacyError::ContentInvalid)?;
        Ok(last[..length].to_vec())
    }

    fn decrypt(&mut self, bytes: &mut [u8]) {
        for block in bytes.as_chunks_mut::<BLOCK_LENGTH>().0 {
            self.cipher.decrypt_block(block.into());
        }
    }
}

impl core::fmt::Debug for CbcReader {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("CbcReader").finish_non_exhaustive()
    }
}

/// How many bytes of the last block are no padding (PKCS #7: 1 to 16 bytes, each with their number). All of the block is
/// looked at, whatever it holds.
pub(crate) fn unpadded_length(block: &[u8]) -> Option<usize> {
    let padding = *block.last()?;
    let mut is_padded = !padding.ct_eq(&0) & padding.ct_lt(&17);
    for (place, byte) in (1_u8..).zip(block.iter().rev().take(BLOCK_LENGTH)) {
        let belongs = !padding.ct_lt(&place);
        is_padded &= Choice::conditional_select(&Choice::from(1), &byte.ct_eq(&padding), belongs);
    }
    bool::from(is_padded).then(|| block.len() - usize::from(padding))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aes::cipher::{BlockCipherEncrypt, KeyInit};

    const KEY: [u8; 32] = [7; 32];
    const IV: [u8; 16] = [9; 16];

    /// CBC from the block cipher alone (NIST SP 800-38A, section 6.2).
    fn encrypt(plaintext: &[u8]) -> Vec<u8> {
        let padding = 16 - plaintext.len() % 16;
        let padded = [plaintext, &vec![u8::try_from(padding).unwrap(); padding]].concat();
        encrypt_padded(&padded)
    }

    fn encrypt_padded(padded: &[u8]) -> Vec<u8> {
        let cipher = Aes256::new(&KEY.into());
        let mut previous = IV;
        let mut ciphertext = Vec::new();
        for block in padded.as_chunks::<16>().0 {
            let mut mixed: [u8; 16] = core::array::from_fn(|i| block[i] ^ previous[i]);
            cipher.encrypt_block((&mut mixed).into());
            previous = mixed;
            ciphertext.extend(mixed);
        }
        ciphertext
    }

    fn decrypt(ciphertext: &[u8], step: usize) -> Result<Vec<u8>, LegacyError> {
        let mut reader = CbcReader::new(&KEY, &IV);
        let mut plaintext = Vec::new();
        for piece in ciphertext.chunks(step) {
            plaintext.extend(reader.update(piece));
        }
        plaintext.extend(reader.finish()?);
        Ok(plaintext)
    }

    #[test]
    fn content_of_any_length_in_pieces_of_any_length_is_read() {
        for length in [0, 1, 15, 16, 17, 31, 32, 33, 100] {
            let plaintext: Vec<u8> = (0..length).collect();
            let ciphertext = encrypt(&plaintext);
            for step in [1, 5, 16, 17, 1000] {
                assert_eq!(decrypt(&ciphertext, step).unwrap(), plaintext, "{length} in pieces of {step}");
            }
        }
    }

    #[test]
    fn a_length_or_padding_that_cannot_be_is_refused() {
        let ciphertext = encrypt(&[1; 40]);
        for length in [0, 1, 15, 17, 47] {
            assert_eq!(decrypt(&ciphertext[..length], 7), Err(LegacyError::ContentInvalid), "{length} bytes");
        }
        for last in [[0; 16], [17; 16], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 3]] {
            assert_eq!(decrypt(&encrypt_padded(&last), 16), Err(LegacyError::ContentInvalid), "{last:?}");
        }
        assert_eq!(decrypt(&encrypt_padded(&[16; 16]), 16), Ok(vec![]));
    }
}
