/** Whose turn it is: whatever one leaves behind (heat, memory) must not always meet the same one. */

/**
 * The order of a round. From one round to the next each has another place, and another one before it.
 *
 * @param {number} count how many take turns
 * @param {number} round from 0
 * @returns {number[]} their indices
 */
export function orderOf(count, round) {
  const strides = Array.from({ length: count }, (_, index) => index).filter((stride) => divisorOf(stride, count) === 1);
  const stride = strides[round % strides.length];
  return Array.from({ length: count }, (_, place) => (round + place * stride) % count);
}

const divisorOf = (one, other) => (other === 0 ? one : divisorOf(other, one % other));
