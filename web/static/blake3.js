// BLAKE3-256 (github.com/BLAKE3-team/BLAKE3-specs, sections 2.1 to 2.5), hash mode only, whole input at once.

const IV = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
const CHUNK_START = 1;
const CHUNK_END = 2;
const PARENT = 4;
const ROOT = 8;
const CHUNK = 1024;
const BLOCK = 64;

const rotate = (x, n) => (x >>> n) | (x << (32 - n));

function mix(v, a, b, c, d, x, y) {
  v[a] = (v[a] + v[b] + x) | 0;
  v[d] = rotate(v[d] ^ v[a], 16);
  v[c] = (v[c] + v[d]) | 0;
  v[b] = rotate(v[b] ^ v[c], 12);
  v[a] = (v[a] + v[b] + y) | 0;
  v[d] = rotate(v[d] ^ v[a], 8);
  v[c] = (v[c] + v[d]) | 0;
  v[b] = rotate(v[b] ^ v[c], 7);
}

// The eight words of the chaining value after one block (section 2.2); the counter of a chunk stays below 2^32.
function compress(chain, words, counter, length, flags) {
  const v = Int32Array.from([...chain, IV[0], IV[1], IV[2], IV[3], counter, 0, length, flags]);
  let m = words;
  for (let round = 0; ; round++) {
    mix(v, 0, 4, 8, 12, m[0], m[1]);
    mix(v, 1, 5, 9, 13, m[2], m[3]);
    mix(v, 2, 6, 10, 14, m[4], m[5]);
    mix(v, 3, 7, 11, 15, m[6], m[7]);
    mix(v, 0, 5, 10, 15, m[8], m[9]);
    mix(v, 1, 6, 11, 12, m[10], m[11]);
    mix(v, 2, 7, 8, 13, m[12], m[13]);
    mix(v, 3, 4, 9, 14, m[14], m[15]);
    if (round === 6) break;
    m = PERMUTATION.map((i) => m[i]);
  }
  return Array.from({ length: 8 }, (_, i) => v[i] ^ v[i + 8]);
}

function block(bytes) {
  const padded = new Uint8Array(BLOCK);
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  return Array.from({ length: 16 }, (_, i) => view.getInt32(i * 4, true));
}

function chunk(bytes, counter, root) {
  let chain = IV;
  const blocks = Math.max(1, Math.ceil(bytes.length / BLOCK));
  for (let i = 0; i < blocks; i++) {
    const part = bytes.subarray(i * BLOCK, (i + 1) * BLOCK);
    const last = i === blocks - 1;
    const flags = (i === 0 ? CHUNK_START : 0) | (last ? CHUNK_END | (root ? ROOT : 0) : 0);
    chain = compress(chain, block(part), counter, part.length, flags);
  }
  return chain;
}

// The subtree over `bytes`, whose first chunk has number `counter` (section 2.1: the left side is the largest power of two).
function tree(bytes, counter, root) {
  const chunks = Math.ceil(bytes.length / CHUNK);
  if (chunks <= 1) return chunk(bytes, counter, root);
  let left = 1;
  while (left * 2 < chunks) left *= 2;
  const at = left * CHUNK;
  const words = [...tree(bytes.subarray(0, at), counter, false), ...tree(bytes.subarray(at), counter + left, false)];
  return compress(IV, words, 0, BLOCK, PARENT | (root ? ROOT : 0));
}

export function blake3(bytes) {
  const out = new DataView(new ArrayBuffer(32));
  tree(bytes, 0, true).forEach((word, i) => out.setInt32(i * 4, word, true));
  return new Uint8Array(out.buffer);
}
