//! `jejak place`: registers a place.

use clap::Args;

use super::Out;
use super::failure::Failure;
use super::input::record_id;
use super::party::{InRegion, Named};
use super::signing::Signing;
use crate::gs1::Gln;
use crate::record::registry;
use crate::record::{RecordId, Statement};

/// Registers a place.
#[derive(Debug, Args)]
pub struct Place {
    /// Its GLN, 13 digits
    #[arg(value_name = "GLN")]
    pub gln: Gln,
    /// Its names
    #[command(flatten)]
    pub name: Named,
    /// Kind of place
    #[arg(long, value_parser = ["village", "collection", "processing", "laboratory", "port", "warehouse", "airport", "office"])]
    pub kind: String,
    /// Country, two capital letters
    #[arg(long, value_name = "CC", default_value = "ID")]
    pub country: String,
    /// Its administrative region
    #[command(flatten)]
    pub region: InRegion,
    /// Latitude and longitude of the village, at most two decimals, such as -4.05,122.97
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true)]
    pub near: Option<String>,
    /// Record of the statement that this one replaces
    #[arg(long, value_name = "RECORD", value_parser = record_id)]
    pub replaces: Option<RecordId>,
    /// Signing options
    #[command(flatten)]
    pub signing: Signing,
}

impl Place {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let statement = Statement::Place(registry::Place {
            gln: self.gln,
            name: self.name.into(),
            kind: self.kind,
            country: self.country,
            region: self.region.region(),
            near: self.near,
            point: None,
            replaces: self.replaces,
        });
        self.signing.statement(&statement, out)
    }
}
