//! `jejak evidence`: uploads documents and photos, which records name by their BLAKE3 hash. With a key the upload is signed.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::Out;
use super::client::Client;
use super::failure::Failure;
use super::input;
use super::signed;
use super::signing::Passphrase;
use crate::record::Hash32;

/// The verbs of `jejak evidence`.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Hash a file, print its entry for a record, and upload it when --node is given
    Add(Add),
}

/// `evidence add`.
#[derive(Debug, Args)]
pub struct Add {
    /// The document or photo
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Title [default: the file's name]
    #[arg(long)]
    pub title: Option<String>,
    /// Document type, such as certificate-of-analysis
    #[arg(long = "type", value_name = "TYPE", default_value = "document")]
    pub document_type: String,
    /// Not public: only for those whom the operator grants access
    #[arg(long)]
    pub restricted: bool,
    /// Node to upload it to
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: Option<String>,
    /// Key file to sign the upload with; a public document is served only if the party that names it handed it in so
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Id of the ledger, urn:jejak:ledger:… [default: the node's]
    #[arg(long, value_name = "ID", env = "JEJAK_LEDGER")]
    pub ledger: Option<String>,
    /// Passphrase options
    #[command(flatten)]
    pub passphrase: Passphrase,
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

impl Verb {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let Verb::Add(add) = self;
        let bytes = input::read(&add.file)?;
        if bytes.is_empty() {
            return Err(Failure::usage(format!("{} is empty", add.file.display())));
        }
        let hash = Hash32::of(&bytes);
        let name = add.file.file_name().map(|n| n.to_string_lossy().into_owned());
        let media = media_type(&bytes);
        let member = json!({
            "jejak:blake3": hash,
            "jejak:mediaType": media,
            "jejak:bytes": bytes.len(),
            "jejak:documentType": add.document_type,
            "jejak:title": add.title.or(name).unwrap_or_default(),
            "jejak:access": if add.restricted { "restricted" } else { "public" },
        });
        let to = add.node.filter(|node| !node.is_empty());
        if let Some(node) = &to {
            let key = add.key.as_deref().map(|key| (key, &add.passphrase));
            let path = format!("/evidence/{hash}");
            signed::upload(&Client::new(node)?, key, add.ledger.as_deref(), &path, media, &bytes)?;
        }
        let state = match (&to, &add.key) {
            (Some(node), _) if add.restricted => format!("uploaded to {node}; it is kept once a record names it"),
            (Some(node), Some(_)) => {
                format!("uploaded to {node}, signed; it is served once a record of the same party names it as public")
            }
            (Some(node), None) => format!(
                "uploaded to {node} without a signature; it is kept once a record names it, and not served: sign with --key"
            ),
            (None, _) => "not uploaded: no --node given".to_owned(),
        };
        let text = format!("blake3      {hash}\nmedia type  {media}\nbytes       {}\n{state}\n\n{member}", bytes.len());
        out.print(&text, &member);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::media_type;

    #[test]
    fn the_media_type_follows_from_the_content() {
        assert_eq!(media_type(b"%PDF-1.7\n"), "application/pdf");
        assert_eq!(media_type(b"\xff\xd8\xff\xe0"), "image/jpeg");
        assert_eq!(media_type("catatan".as_bytes()), "text/plain");
        assert_eq!(media_type(&[0, 1, 2]), "application/octet-stream");
    }
}
