//! Arithmetic in GHASH's field GF(2¹²⁸), as far as combining segments needs it: sum, product, power, inverse.
//!
//! Source: NIST SP 800-38D, section 6.3. The multiplication is `RustCrypto`'s constant-time one (crate `polyval`);
//! GHASH and POLYVAL are the same field with the bytes in reverse order and a factor of x (RFC 8452, appendix A).
//! Nothing here branches on, or indexes by, the value of an element. Elements are secrets (H and every share of a tag
//! would let anybody forge), so they are wiped on drop and never printed.

use polyval::hazmat::FieldElement;
use s3_envelope_bulk::product;
use zeroize::Zeroize;

/// A 128-bit block, as NIST SP 800-38D numbers its bits.
pub(super) type Block = [u8; 16];

/// An element of GHASH's field. Wiped on drop.
#[derive(Clone)]
pub(crate) struct Element(FieldElement);

impl Element {
    /// The block that stands for the polynomial 1: only its first bit is set.
    const ONE: Block = [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    pub(crate) fn from_block(block: Block) -> Self {
        Self(FieldElement::from(block).reverse())
    }

    pub(crate) fn to_block(&self) -> Block {
        self.0.reverse().into()
    }

    pub(crate) fn zero() -> Self {
        Self::from_block([0; 16])
    }

    fn one() -> Self {
        Self::from_block(Self::ONE)
    }

    /// The sum, which is also the difference: ⊕.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self(self.0 + other.0)
    }

    /// The product, which NIST SP 800-38D writes as X • Y.
    pub(crate) fn times(&self, other: &Self) -> Self {
        Self(product(other.0.mulx(), self.0))
    }

    fn square(&self) -> Self {
        self.times(self)
    }

    /// `self` to the power `exponent`. Its time depends on the exponent, which is a public length, not on the element.
    pub(crate) fn power(&self, exponent: u64) -> Self {
        let mut result = Self::one();
        for bit in (0..u64::BITS - exponent.leading_zeros()).rev() {
            result = result.square();
            if exponent >> bit & 1 == 1 {
                result = result.times(self);
            }
        }
        result
    }

    /// The multiplicative inverse, by Fermat: `self` to the power 2¹²⁸ − 2. The inverse of zero comes out as zero.
    pub(crate) fn inverse(&self) -> Self {
        let mut power_of_two = self.square();
        let mut result = power_of_two.clone();
        for _ in 2..128 {
            power_of_two = power_of_two.square();
            result = result.times(&power_of_two);
        }
        result
    }
}

impl Drop for Element {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl core::fmt::Debug for Element {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Element").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghash::GHash;
    use ghash::universal_hash::UniversalHash;
    use proptest::prelude::*;

    /// GHASH of one block is that block times the key: an independent way to the same product.
    fn product_by_ghash(a: Block, b: Block) -> Block {
        let mut ghash = GHash::new(&b.into());
        ghash.update(&[a.into()]);
        ghash.finalize().into()
    }

    #[test]
    fn one_is_neutral_and_zero_absorbs() {
        let element = Element::from_block(*b"sixteen bytes...");
        assert_eq!(element.times(&Element::one()).to_block(), element.to_block());
        assert_eq!(element.times(&Element::zero()).to_block(), [0; 16]);
        assert_eq!(Element::zero().inverse().to_block(), [0; 16]);
    }

    #[test]
    fn debug_shows_no_value() {
        let text = format!("{:?}", Element::from_block([0xab; 16]));
        assert_eq!(text, "Element { .. }");
    }

    proptest! {
        #[test]
        fn products_are_those_of_ghash(a: Block, b: Block) {
            let product = Element::from_block(a).times(&Element::from_block(b));
            prop_assert_eq!(product.to_block(), product_by_ghash(a, b));
        }

        #[test]
        fn an_element_times_its_inverse_is_one(a: Block) {
            prop_assume!(a != [0; 16]);
            let element = Element::from_block(a);
            prop_assert_eq!(element.times(&element.inverse()).to_block(), Element::ONE);
        }

        #[test]
        fn powers_add_their_exponents(a: Block, m in 0_u64..1 << 40, n in 0_u64..1 << 40) {
            let element = Element::from_block(a);
            let product = element.power(m).times(&element.power(n));
            prop_assert_eq!(product.to_block(), element.power(m + n).to_block());
        }

        #[test]
        fn a_small_power_is_a_repeated_product(a: Block, n in 0_u64..40) {
            let element = Element::from_block(a);
            let repeated = (0..n).fold(Element::one(), |product, _| product.times(&element));
            prop_assert_eq!(element.power(n).to_block(), repeated.to_block());
        }
    }
}
