//! The loops that every byte of an object goes through: AES-256 in counter mode and GHASH, on `RustCrypto`'s block cipher and
//! its multiplication in GHASH's field.
//!
//! They are generic there, and a generic function is compiled where it is used, with the settings of that crate. The
//! toolkit's are for size also where it is no WASM file, so this crate stands between. For the same reason what is here is
//! not inlined. Each of the two is there once: a single block is encrypted by the loop that encrypts several at a time, and a
//! product of two elements is the one that GHASH is made of.

#![no_std]

use core::fmt;

use aes::Aes256;
use aes::cipher::consts::U16;
use aes::cipher::typenum::Unsigned;
use aes::cipher::{
    BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser, ParBlocks, ParBlocksSizeUser,
};
use polyval::hazmat::FieldElement;
use zeroize::Zeroize;

/// The length of a block, in bytes.
pub const BLOCK_LENGTH: usize = 16;

/// A block of the cipher and of the hash.
pub type Block = [u8; BLOCK_LENGTH];

/// The keystream of AES-256 in counter mode, the counter in the last 32 bits of its block.
pub struct Keystream<'c> {
    cipher: &'c Aes256,
    counter: Block,
}

impl<'c> Keystream<'c> {
    /// The keystream from this counter block on.
    #[must_use]
    pub const fn new(cipher: &'c Aes256, counter: Block) -> Self {
        Self { cipher, counter }
    }

    /// Combines bytes with the next of the keystream, in place. All but the last time they are whole blocks.
    #[inline(never)]
    pub fn apply_keystream(&mut self, bytes: &mut [u8]) {
        self.cipher.encrypt_with_backend(Counting { counter: &mut self.counter, bytes });
    }
}

impl fmt::Debug for Keystream<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Keystream").finish_non_exhaustive()
    }
}

/// Encrypts one block in place.
pub fn encrypt_block(cipher: &Aes256, block: &mut Block) {
    let counter = core::mem::take(block);
    Keystream::new(cipher, counter).apply_keystream(block);
}

/// What the cipher is asked to do, as many blocks at a time as it likes.
struct Counting<'b> {
    counter: &'b mut Block,
    bytes: &'b mut [u8],
}

impl BlockSizeUser for Counting<'_> {
    type BlockSize = U16;
}

impl BlockCipherEncClosure for Counting<'_> {
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        let mut keystream = ParBlocks::<B>::default();
        let at_a_time = <B as ParBlocksSizeUser>::ParBlocksSize::USIZE * BLOCK_LENGTH;
        for piece in self.bytes.chunks_mut(at_a_time) {
            for (index, block) in (0..).zip(&mut keystream) {
                block.copy_from_slice(&later(self.counter, index));
            }
            *self.counter = later(self.counter, piece.chunks(BLOCK_LENGTH).len());
            backend.encrypt_par_blocks_inplace(&mut keystream);
            for (bytes, block) in piece.chunks_mut(BLOCK_LENGTH).zip(&keystream) {
                combine(bytes, block);
            }
        }
        for block in &mut keystream {
            block.as_mut_slice().zeroize();
        }
    }
}

/// The counter some blocks after this one: the last 32 bits count, and wrap around.
#[expect(clippy::cast_possible_truncation, reason = "modulo 2³², as the counter")]
fn later(counter: &Block, blocks: usize) -> Block {
    let mut later = *counter;
    if let Some(last) = later.last_chunk_mut::<4>() {
        *last = u32::from_be_bytes(*last).wrapping_add(blocks as u32).to_be_bytes();
    }
    later
}

/// Whole blocks at once: one by one, bytes take as long as a tenth of the cipher.
fn combine(bytes: &mut [u8], block: &[u8]) {
    if let (Ok(whole), Ok(block)) = (Block::try_from(&*bytes), Block::try_from(block)) {
        bytes.copy_from_slice(&(u128::from_ne_bytes(whole) ^ u128::from_ne_bytes(block)).to_ne_bytes());
        return;
    }
    for (byte, key) in bytes.iter_mut().zip(block) {
        *byte ^= key;
    }
}

/// The product of two elements of POLYVAL's field, in constant time.
#[inline(never)]
#[must_use]
pub fn product(one: FieldElement, other: FieldElement) -> FieldElement {
    one * other
}

/// GHASH. It is POLYVAL with the bytes of every block in reverse order and a factor of x in the key (RFC 8452, appendix A).
pub struct Hash {
    key: FieldElement,
    state: FieldElement,
}

impl Hash {
    /// The hash of no bytes yet.
    #[must_use]
    pub fn new(key: &Block) -> Self {
        Self { key: element(*key).mulx(), state: FieldElement::default() }
    }

    /// Takes the next bytes, and zeros up to a whole block. All but the last time they are whole blocks.
    #[inline(never)]
    pub fn update_padded(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(BLOCK_LENGTH) {
            let mut block = [0; BLOCK_LENGTH];
            block[..piece.len()].copy_from_slice(piece);
            self.state = product(self.state + element(block), self.key);
        }
    }

    /// The hash.
    #[must_use]
    pub fn finalize(self) -> Block {
        self.state.reverse().into()
    }
}

fn element(block: Block) -> FieldElement {
    FieldElement::from(block).reverse()
}

impl Drop for Hash {
    fn drop(&mut self) {
        self.key.zeroize();
        self.state.zeroize();
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Hash").finish_non_exhaustive()
    }
}
