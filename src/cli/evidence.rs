//! `jejak evidence`: uploads documents and photos, which records name by their BLAKE3 hash, and reads them. With a key the request is
//! signed: so it is known who hands a document in, and who asks for a restricted one.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;
use serde_json::json;

use super::Out;
use super::client::Client;
use super::document::{Access, Document};
use super::failure::Failure;
use super::output;
use super::signed;
use super::signing::Passphrase;
use crate::record::Hash32;

/// The verbs of `jejak evidence`.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Hash a file, print its entry for a record, and upload it when --node is given
    Add(Add),
    /// Fetch a document by its hash; a restricted one with the key of a party that may read it
    Get(Get),
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
    /// Its number, as its issuer wrote it
    #[arg(long)]
    pub number: Option<String>,
    /// Who issued it
    #[arg(long)]
    pub issuer: Option<String>,
    /// First day on which it is valid
    #[arg(long, value_name = "DAY")]
    pub from: Option<Date>,
    /// Last day on which it is valid
    #[arg(long, value_name = "DAY")]
    pub until: Option<Date>,
    /// Only for the parties of the record and the authority [default for commercial documents]
    #[arg(long, conflicts_with = "public")]
    pub restricted: bool,
    /// For everybody [default for all but commercial documents]
    #[arg(long)]
    pub public: bool,
    /// Node to upload it to
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: Option<String>,
    /// Key file to sign the upload with; a document is served only if the party that names it handed it in so
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Id of the ledger, urn:jejak:ledger:… [default: the node's]
    #[arg(long, value_name = "ID", env = "JEJAK_LEDGER")]
    pub ledger: Option<String>,
    /// Passphrase options
    #[command(flatten)]
    pub passphrase: Passphrase,
}

/// `evidence get`.
#[derive(Debug, Args)]
pub struct Get {
    /// BLAKE3 of the document, as its record names it
    #[arg(value_name = "HASH")]
    pub hash: Hash32,
    /// File to write [default: HASH in this directory; - for standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The node
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: String,
    /// Key file of the party that asks
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Id of the ledger, urn:jejak:ledger:… [default: the node's]
    #[arg(long, value_name = "ID", env = "JEJAK_LEDGER")]
    pub ledger: Option<String>,
    /// Passphrase options
    #[command(flatten)]
    pub passphrase: Passphrase,
}

impl Verb {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        match self {
            Verb::Add(verb) => verb.run(out),
            Verb::Get(verb) => verb.run(out),
        }
    }
}

impl Add {
    fn run(self, out: Out) -> Result<(), Failure> {
        let access = match (self.public, self.restricted) {
            (true, _) => Access::Public,
            (_, true) => Access::Restricted,
            _ => Access::ByType,
        };
        let document = Document::read(&self.file, self.title, &self.document_type, access)?;
        let to = self.node.filter(|node| !node.is_empty());
        if let Some(node) = &to {
            let key = self.key.as_deref().map(|key| (key, &self.passphrase));
            let (client, ledger) = (Client::new(node)?, self.ledger.as_deref());
            signed::upload(&client, key, ledger, &document.path(), document.media, &document.bytes)?;
        }
        let readers = if document.public { "everybody" } else { "the parties of that record and the authority" };
        let state = match (&to, &self.key) {
            (Some(node), Some(_)) => {
                format!("uploaded to {node}, signed; {readers} can read it once a record of the same party names it")
            }
            (Some(node), None) => format!(
                "uploaded to {node} without a signature; it is kept once a record names it, and not served: sign with --key"
            ),
            (None, _) => "not uploaded: no --node given".to_owned(),
        };
        let (hash, media, bytes) = (document.hash, document.media, document.bytes.len());
        let mut member = document.member;
        let days = [self.from, self.until].map(|day| day.map(|day| day.to_string()));
        let [from, until] = days;
        for (name, value) in [("number", self.number), ("issuer", self.issuer), ("from", from), ("until", until)] {
            if let Some(value) = value {
                member[format!("jejak:{name}")] = value.into();
            }
        }
        let text = format!("blake3      {hash}\nmedia type  {media}\nbytes       {bytes}\n{state}\n\n{member}");
        out.print(&text, &member);
        Ok(())
    }
}

impl Get {
    fn run(self, out: Out) -> Result<(), Failure> {
        let client = Client::new(&self.node)?;
        let path = format!("/evidence/{}", self.hash);
        let key = self.key.as_deref().map(|key| (key, &self.passphrase));
        let bytes = signed::download(&client, key, self.ledger.as_deref(), &path).map_err(|failure| match key {
            // the node says that it is restricted
            None if failure.kind == super::failure::Kind::Refused => failure.hint("sign the request with --key"),
            _ => failure,
        })?;
        if Hash32::of(&bytes) != self.hash {
            return Err(Failure::not_proven(format!("the response of {} is not {}", client.base(), self.hash))
                .hint("do not rely on this response; ask another node"));
        }
        let file = self.out.unwrap_or_else(|| PathBuf::from(self.hash.to_string()));
        output::write_new(&file, &bytes)?;
        if file != std::path::Path::new("-") {
            let text = format!("file   {}\nbytes  {}", file.display(), bytes.len());
            out.print(&text, &json!({ "file": file, "bytes": bytes.len(), "blake3": self.hash }));
        }
        Ok(())
    }
}
