//! `jejak record`: creates, signs, submits and shows records.

use clap::Subcommand;

use super::Out;
use super::failure::Failure;
use super::record_show::Show;

/// The verbs of `jejak record`.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Verbs that need a key or a node.
    #[cfg(feature = "node")]
    #[command(flatten)]
    Exchange(Exchange),
    /// Show a record, and whether its signature verifies
    Show(Show),
}

/// The verbs that need a key or a node.
#[cfg(feature = "node")]
#[derive(Debug, Subcommand)]
pub enum Exchange {
    /// Create the event of an act, and sign it
    New(Box<super::record_new::New>),
    /// Sign an event or a registry statement from a file
    Sign(Box<super::record_sign::Sign>),
    /// Submit signed records to a node; submitting one twice does no harm
    Submit(super::record_submit::Submit),
    /// Delete a signed record that the ledger refused, and free its sequence number if it is the key's last
    Drop(super::record_drop::Drop),
    /// Fetch a record with its receipt, as a transparent statement that verifies offline
    Statement(super::record_statement::Fetch),
}

impl Verb {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        match self {
            #[cfg(feature = "node")]
            Verb::Exchange(verb) => match verb {
                Exchange::New(verb) => verb.run(out),
                Exchange::Sign(verb) => verb.run(out),
                Exchange::Submit(verb) => verb.run(out),
                Exchange::Drop(verb) => verb.run(out),
                Exchange::Statement(verb) => verb.run(out),
            },
            Verb::Show(verb) => verb.run(out),
        }
    }
}
