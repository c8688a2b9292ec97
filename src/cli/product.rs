//! `jejak product`: registers a product.

use clap::{Args, ValueEnum};

use super::Out;
use super::failure::Failure;
use super::input::record_id;
use super::party::{Named, in_language, names};
use super::profile::Known;
use super::quantity::NumberOptions;
use super::signing::Signing;
use crate::gs1::{BaseUnit, Gtin};
use crate::names::LanguageTag;
use crate::record::registry;
use crate::record::{RecordId, Statement};

/// Base unit of a product's quantities.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Measure {
    /// Mass
    Gram,
    /// Volume
    Millilitre,
    /// Count
    Piece,
}

/// Registers a product.
#[derive(Debug, Args)]
pub struct Product {
    /// Its GTIN, 14 digits
    #[arg(value_name = "GTIN")]
    pub gtin: Gtin,
    /// Its names
    #[command(flatten)]
    pub name: Named,
    /// Commodity, such as crab or essential-oil
    #[arg(long)]
    pub commodity: String,
    /// Form within the commodity, such as live-mud-crab
    #[arg(long)]
    pub form: String,
    /// Base unit of its quantities
    #[arg(long, value_enum)]
    pub unit: Measure,
    /// URI of a party that may create its lots; repeatable
    #[arg(long = "maker", value_name = "PARTY", required = true)]
    pub makers: Vec<String>,
    /// Net content of one pack, such as '50 ml'; without a unit it is in the base unit
    #[arg(long, value_name = "AMOUNT")]
    pub net_content: Option<String>,
    /// Harmonised System code
    #[arg(long, value_name = "DIGITS")]
    pub hs: Option<String>,
    /// Storage advice in English
    #[arg(long, value_name = "TEXT")]
    pub storage: Option<String>,
    /// Storage advice in another language, such as "id=Simpan di tempat sejuk"; repeatable
    #[arg(long, value_name = "TAG=TEXT", value_parser = in_language, requires = "storage")]
    pub storage_in: Vec<(LanguageTag, String)>,
    /// Sign even if no profile lists the commodity or form, or a maker is not enrolled
    #[arg(long)]
    pub force: bool,
    /// Record of the statement that this one replaces
    #[arg(long, value_name = "RECORD", value_parser = record_id)]
    pub replaces: Option<RecordId>,
    /// How numbers are written
    #[command(flatten)]
    pub numbers: NumberOptions,
    /// Signing options
    #[command(flatten)]
    pub signing: Signing,
}

impl From<Measure> for BaseUnit {
    fn from(measure: Measure) -> BaseUnit {
        match measure {
            Measure::Gram => BaseUnit::Gram,
            Measure::Millilitre => BaseUnit::Millilitre,
            Measure::Piece => BaseUnit::Piece,
        }
    }
}

impl Product {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let unit = BaseUnit::from(self.unit);
        let net = self.net_content.as_deref().map(|text| self.numbers.content("--net-content", text, unit));
        let net_content = net.transpose()?;
        if let Some(node) = self.signing.node()? {
            // the first statement of a GTIN fixes commodity, form and unit
            let known = Known::new(&node, self.force);
            known.commodity(&self.commodity, &self.form)?;
            self.makers.iter().try_for_each(|maker| known.party("--maker", maker))?;
        }
        let statement = Statement::Product(registry::Product {
            gtin: self.gtin,
            name: self.name.into(),
            commodity: self.commodity,
            form: self.form,
            unit,
            makers: self.makers,
            net_content,
            hs: self.hs,
            storage: self.storage.map(|english| names(english, self.storage_in)),
            replaces: self.replaces,
        });
        self.signing.statement(&statement, out)
    }
}
