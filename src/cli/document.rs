//! A document or photo from a file: its hash, media type and the member `jejak:evidence` that names it in a record.

use std::path::Path;

use serde_json::{Value, json};

use super::failure::Failure;
use super::input;
use crate::epcis::documents;
use crate::record::Hash32;

/// Types of document that name prices or terms: restricted unless their owner says otherwise.
const COMMERCIAL: [&str; 19] = [
    "invoice",
    "commercial-invoice",
    "proforma-invoice",
    "purchase-order",
    "order",
    "order-confirmation",
    "contract",
    "packing-list",
    "bill-of-lading",
    "dispatch-advice",
    "payment",
    "payment-opening",
    "letter-of-credit",
    "quotation",
    "faktur",
    "kontrak",
    "pesanan",
    "pembayaran",
    "kwitansi",
];

/// Who may read a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Access {
    /// By its type: commercial documents are restricted.
    #[default]
    ByType,
    /// Everybody.
    Public,
    /// The parties of the record, and the authority.
    Restricted,
}

/// A document that was read from a file.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Their BLAKE3.
    pub hash: Hash32,
    /// Media type, by the first bytes.
    pub media: &'static str,
    /// Whether everybody may read it.
    pub public: bool,
    /// The member of a record that names it.
    pub member: Value,
}

impl Document {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Failure`] for a file that is empty or can't be read.
    pub fn read(file: &Path, title: Option<String>, kind: &str, access: Access) -> Result<Document, Failure> {
        let bytes = input::read(file)?;
        if bytes.is_empty() {
            return Err(Failure::usage(format!("{} is empty", file.display())));
        }
        let (hash, media) = (Hash32::of(&bytes), media_type(&bytes));
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
        let public = match access {
            // words for documents of trade, and types of CBV; a certificate is shown to buyers
            Access::ByType => {
                kind == "certificate" || !(COMMERCIAL.contains(&kind) || documents::type_of(kind).is_some())
            }
            other => other == Access::Public,
        };
        let member = json!({
            "jejak:blake3": hash,
            "jejak:mediaType": media,
            "jejak:bytes": bytes.len(),
            "jejak:documentType": kind,
            "jejak:title": title.or(name).unwrap_or_default(),
            "jejak:access": if public { "public" } else { "restricted" },
        });
        Ok(Document { bytes, hash, media, public, member })
    }

    /// Its address on a node.
    pub fn path(&self) -> String {
        format!("/evidence/{}", self.hash)
    }
}

/// Media type by the first bytes, not by the file's name.
fn media_type(bytes: &[u8]) -> &'static str {
    match bytes {
        [b'%', b'P', b'D', b'F', b'-', ..] => "application/pdf",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        _ if std::str::from_utf8(bytes).is_ok_and(|t| !t.contains('\0')) => "text/plain",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_media_type_follows_from_the_content() {
        assert_eq!(media_type(b"%PDF-1.7\n"), "application/pdf");
        assert_eq!(media_type(b"\xff\xd8\xff\xe0"), "image/jpeg");
        assert_eq!(media_type("catatan".as_bytes()), "text/plain");
        assert_eq!(media_type(&[0, 1, 2]), "application/octet-stream");
    }

    #[test]
    fn commercial_document_is_restricted_unless_its_owner_says_otherwise() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.pdf");
        std::fs::write(&file, b"%PDF-1.7").unwrap();
        let public = |kind: &str, access| Document::read(&file, None, kind, access).unwrap().public;
        assert!(!public("invoice", Access::ByType) && !public("contract", Access::ByType));
        assert!(public("certificate-of-analysis", Access::ByType) && public("document", Access::ByType));
        assert!(public("invoice", Access::Public) && !public("document", Access::Restricted));
        std::fs::write(&file, b"").unwrap();
        assert!(Document::read(&file, None, "invoice", Access::ByType).is_err());
    }
}
