//! One record for third-party tools: as a `.tlog-proof` for the record file, and as a SCITT transparent
//! statement (`.cose`, RFC 9943: the record with its receipts in the unprotected header).
//!
//! Not here: their verification (`single`), and making the receipt, which needs the log's key (`log::sign`).

use crate::log::merkle::Hash;
use crate::log::receipt::{Receipt, ReceiptError};
use crate::log::sign::attach;
use crate::log::tlog_proof::TlogProof;

/// The text of a `.tlog-proof` for the record at `index`.
pub fn tlog_proof(index: u64, path: &[Hash], checkpoint: &str) -> String {
    TlogProof { extra: None, index, path: path.to_vec(), checkpoint: checkpoint.to_owned() }.to_string()
}

/// The record with its receipt: a transparent statement.
///
/// # Errors
/// [`ReceiptError`] unless `record` is a COSE_Sign1 with an empty unprotected header and `receipt` a receipt for it.
pub fn transparent_statement(record: &[u8], receipt: &[u8]) -> Result<Vec<u8>, ReceiptError> {
    Receipt::decode(receipt)?;
    attach(record, &[receipt])
}
