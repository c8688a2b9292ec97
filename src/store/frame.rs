//! The bytes of a journal frame (`docs/formats.md`, "Journal"). What it is not: where frames lie (`segments`).

use bytes::Bytes;

use super::{Frame, Head};

/// length 4 + checksum 16 + first index 8 + size 8 + root 32.
pub(super) const HEADER: usize = 4 + 16 + 8 + 8 + 32;
/// The longest frame: 4,096 of the longest records. A larger length is damage.
pub(super) const MAX_FRAME: usize = 4_096 * (65_535 + 2) + HEADER;

pub(super) fn encode(frame: &Frame) -> Result<Vec<u8>, String> {
    if frame.entries.is_empty() || frame.head.size != frame.first + frame.entries.len() as u64 {
        return Err("a frame must have at least one entry and state their number".into());
    }
    let body: usize = frame.entries.iter().map(|e| 2 + e.len()).sum();
    if HEADER + body > MAX_FRAME {
        return Err(format!("{} bytes are too many for one frame", HEADER + body));
    }
    let mut bytes = Vec::with_capacity(HEADER + body);
    bytes.extend_from_slice(&((HEADER - 4 + body) as u32).to_be_bytes());
    bytes.extend_from_slice(&[0; 16]);
    bytes.extend_from_slice(&frame.first.to_be_bytes());
    bytes.extend_from_slice(&frame.head.size.to_be_bytes());
    bytes.extend_from_slice(&frame.head.root);
    for entry in &frame.entries {
        let length = u16::try_from(entry.len()).map_err(|_| "an entry has at most 65,535 bytes".to_owned())?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    let sum = checksum(&bytes[20..]);
    bytes[4..20].copy_from_slice(&sum);
    Ok(bytes)
}

pub(super) fn decode(bytes: Bytes) -> Result<Frame, String> {
    if bytes[4..20] != checksum(&bytes[20..]) {
        return Err("wrong checksum".into());
    }
    let (first, size) = (u64_at(&bytes, 20), u64_at(&bytes, 28));
    let mut root = [0; 32];
    root.copy_from_slice(&bytes[36..HEADER]);
    let (mut entries, mut at) = (Vec::new(), HEADER);
    while at < bytes.len() {
        let end = at + 2 + bytes.get(at..at + 2).map_or(0, |b| usize::from(u16::from_be_bytes([b[0], b[1]])));
        if end > bytes.len() {
            return Err("an entry runs past its frame".into());
        }
        entries.push(bytes.slice(at + 2..end));
        at = end;
    }
    if entries.is_empty() || first.checked_add(entries.len() as u64) != Some(size) {
        return Err("the number of entries is not the one in the header".into());
    }
    Ok(Frame { first, head: Head { size, root }, entries })
}

pub(super) fn checksum(bytes: &[u8]) -> [u8; 16] {
    let mut sum = [0; 16];
    sum.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
    sum
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_be_bytes(word)
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_be_bytes(word)
}
