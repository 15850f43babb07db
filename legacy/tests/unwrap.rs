//! Every legacy wrapping algorithm, against what somebody else wrapped.
#![expect(clippy::unwrap_used, reason = "a failed step is the test failing")]

use aes::Aes256;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use s3_envelope_legacy::{LegacyError, unwrap};

const PRIVATE_KEY: &[u8] = include_bytes!("data/private-key.der");
const RSA: &[u8] = include_bytes!("data/rsa.bin");
const OAEP: &[u8] = include_bytes!("data/rsa-oaep-sha256.bin");
const OAEP_WITH_OTHER_MGF1: &[u8] = include_bytes!("data/rsa-oaep-sha256-mgf1-sha256.bin");

fn counting() -> [u8; 32] {
    std::array::from_fn(|i| u8::try_from(i).unwrap())
}

#[test]
fn aes_key_wrap_is_rfc_3394s_own_example() {
    // RFC 3394, section 4.6: 256 bits of key data with a 256-bit KEK.
    let wrapped: [u8; 40] = [
        0x28, 0xc9, 0xf4, 0x04, 0xc4, 0xb8, 0x10, 0xf4, 0xcb, 0xcc, 0xb3, 0x5c, 0xfb, 0x87, 0xf8, 0x26, 0x3f, 0x57,
        0x86, 0xe2, 0xd8, 0x0e, 0xd3, 0x26, 0xcb, 0xc7, 0xf0, 0xe7, 0x1a, 0x99, 0xf4, 0x3b, 0xfb, 0x98, 0x8b, 0x9b,
        0x7a, 0x02, 0xdd, 0x21,
    ];
    let expected = 0x0011_2233_4455_6677_8899_aabb_ccdd_eeff_u128.to_be_bytes();
    let opened = unwrap::aes_wrap(&counting(), &wrapped).unwrap();
    assert_eq!((&opened[..16], &opened[16..]), (&expected[..], &counting()[..16]));
    assert_eq!(unwrap::aes_wrap(&[1; 32], &wrapped), Err(LegacyError::WrongKey));
    assert_eq!(unwrap::aes_wrap(&counting(), &wrapped[..32]), Err(LegacyError::WrongKey));
}

#[test]
fn aes_is_ecb_with_padding() {
    let cipher = Aes256::new(&[3; 32].into());
    let wrapped = |padded: &[u8]| {
        let mut blocks = padded.to_vec();
        for block in blocks.as_chunks_mut::<16>().0 {
            cipher.encrypt_block(block.into());
        }
        blocks
    };
    let right = wrapped(&[&counting()[..], &[16; 16]].concat());
    assert_eq!(*unwrap::aes(&[3; 32], &right).unwrap(), counting());
    assert_eq!(unwrap::aes(&[4; 32], &right), Err(LegacyError::WrongKey));
    for wrong in [wrapped(&counting()), wrapped(&[[0; 16], [16; 16]].concat()), right[..47].to_vec(), vec![]] {
        assert_eq!(unwrap::aes(&[3; 32], &wrong), Err(LegacyError::WrongKey));
    }
}

#[test]
fn rsa_in_both_paddings_is_what_openssl_wrapped() {
    assert_eq!(*unwrap::rsa(PRIVATE_KEY, RSA).unwrap(), counting());
    assert_eq!(*unwrap::rsa_oaep_sha256(PRIVATE_KEY, OAEP).unwrap(), counting());
    for wrong in [RSA, OAEP_WITH_OTHER_MGF1, &OAEP[..255]] {
        assert_eq!(unwrap::rsa_oaep_sha256(PRIVATE_KEY, wrong), Err(LegacyError::WrongKey));
    }
    assert_eq!(unwrap::rsa(PRIVATE_KEY, OAEP), Err(LegacyError::WrongKey));
    assert_eq!(unwrap::rsa(&PRIVATE_KEY[1..], RSA), Err(LegacyError::InvalidRsaKey));
}
