//! `jejak party`: enrols or updates a party.

use clap::Args;

use super::Out;
use super::failure::Failure;
use super::input::record_id;
use super::signing::Signing;
use crate::names::{LanguageTag, Names, NamesError};
use crate::record::registry::{self, Role};
use crate::record::{RecordId, Statement};

/// Display names.
#[derive(Debug, Clone, Args)]
pub struct Named {
    /// Name in English, or in its own language
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// Name in another language, such as "id=Minyak nilam"; repeatable
    #[arg(long, value_name = "TAG=NAME", value_parser = in_language)]
    pub name_in: Vec<(LanguageTag, String)>,
}

impl From<Named> for Names {
    fn from(named: Named) -> Names {
        names(named.name, named.name_in)
    }
}

/// English and the other names as one map.
pub fn names(english: String, others: Vec<(LanguageTag, String)>) -> Names {
    others.into_iter().fold(Names::english(english), |names, (tag, text)| names.with(tag, text))
}

/// `TAG=TEXT`, with a BCP 47 language tag.
///
/// # Errors
/// A sentence.
pub fn in_language(argument: &str) -> Result<(LanguageTag, String), String> {
    let (tag, text) =
        argument.split_once('=').ok_or("write a language tag, = and the text, such as id=Minyak nilam")?;
    Ok((tag.parse().map_err(|e: NamesError| e.to_string())?, text.to_owned()))
}

/// Administrative region: code, name, and the code list.
#[derive(Debug, Clone, Args)]
pub struct InRegion {
    /// Region code, such as 74.12 or 74.12.05.2003
    #[arg(long, value_name = "CODE", requires = "region_name")]
    pub region: Option<String>,
    /// Region name
    #[arg(long, value_name = "NAME", requires = "region")]
    pub region_name: Option<String>,
    /// Issuer of the code list
    #[arg(long, value_name = "WHO", default_value = "kemendagri", value_parser = ["kemendagri", "bps", "iso"])]
    pub region_authority: String,
    /// Edition of the code list
    #[arg(long, value_name = "EDITION", default_value = "300.2.2-2430/2025")]
    pub region_edition: String,
}

impl InRegion {
    /// The region as a registry statement has it.
    pub fn region(self) -> Option<registry::Region> {
        let (code, name) = (self.region?, self.region_name?);
        Some(registry::Region { authority: self.region_authority, edition: self.region_edition, code, name })
    }
}

const VERBS: [&str; 7] = ["accredit", "mandate", "certificate", "numbers", "suspend", "reinstate", "path"];

/// The failure for a word that was meant as a verb, in place of a party's URI.
pub fn unknown_verb(word: &str) -> Option<Failure> {
    if word.contains(':') || word.starts_with('-') || word == "help" || VERBS.contains(&word) {
        return None;
    }
    let failure = Failure::usage(format!("{word} is neither a party's URI nor a verb of `jejak party`"))
        .because(format!("the verbs are {}; a URI looks like urn:jejak:party:village", VERBS.join(", ")));
    Some(match super::profile::nearest(word, &VERBS) {
        Some(verb) => failure.hint(format!("did you mean `jejak party {verb}`?")),
        None => failure.hint("see `jejak party --help`"),
    })
}

/// The names of the roles, as `--role` takes them.
pub(super) fn role_names() -> Vec<&'static str> {
    Role::ALL.map(Role::name).to_vec()
}

/// The roles of these names.
pub(super) fn roles(names: &[String]) -> Vec<Role> {
    names.iter().filter_map(|name| Role::ALL.into_iter().find(|role| role.name() == name)).collect()
}

/// Enrols or updates a party.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Party {
    /// Other statements about a party, and its way to the first export
    #[command(subcommand)]
    pub act: Option<super::party_acts::Act>,
    /// The party's URI: https://id.gs1.org/417/<GLN>, or urn:jejak:party:<name>
    #[arg(value_name = "PARTY", required = true)]
    pub uri: Option<String>,
    /// Name in English, or in its own language
    #[arg(long, value_name = "NAME", required = true)]
    pub name: Option<String>,
    /// Name in another language, such as "id=BUM Desa Maju"; repeatable
    #[arg(long, value_name = "TAG=NAME", value_parser = in_language)]
    pub name_in: Vec<(LanguageTag, String)>,
    /// Role; repeatable
    #[arg(long = "role", value_name = "ROLE", required = true, value_parser = role_names())]
    pub roles: Vec<String>,
    /// Country, two capital letters
    #[arg(long, value_name = "CC", default_value = "ID")]
    pub country: String,
    /// Its administrative region
    #[command(flatten)]
    pub region: InRegion,
    /// Legal form, such as "BUM Desa"
    #[arg(long, value_name = "FORM")]
    pub legal_form: Option<String>,
    /// BUM Desa registration (AHU) number
    #[arg(long, value_name = "NUMBER")]
    pub registration: Option<String>,
    /// Its GLN, 13 digits
    #[arg(long)]
    pub gln: Option<crate::gs1::Gln>,
    /// GS1 Company Prefix that the enroller vouches for; repeatable
    #[arg(long = "prefix", value_name = "DIGITS")]
    pub prefixes: Vec<String>,
    /// GS1 Company Prefix within which the region may enrol parties; for a region, by the authority; repeatable
    #[arg(long, value_name = "DIGITS")]
    pub enrols: Vec<String>,
    /// Public contact: an office, never a person
    #[arg(long)]
    pub contact: Option<String>,
    /// Mark it as a demonstration
    #[arg(long)]
    pub demo: bool,
    /// Record of the statement that this one replaces
    #[arg(long, value_name = "RECORD", value_parser = record_id)]
    pub replaces: Option<RecordId>,
    /// Signing options
    #[command(flatten)]
    pub signing: Signing,
}

impl Party {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        if let Some(act) = self.act {
            return act.run(out);
        }
        if self.replaces.is_none() && self.roles.iter().any(|role| role == "authority") {
            return Err(Failure::usage("the authority is enrolled once, when the ledger is founded")
                .because("without --replaces this would be a second authority")
                .hint(
                    "to update it, name its current statement with --replaces; `jejak init` printed the first, entry 0",
                ));
        }
        let statement = Statement::Party(registry::Party {
            party: self.uri.unwrap_or_default(),
            name: names(self.name.unwrap_or_default(), self.name_in),
            legal_form: self.legal_form,
            roles: roles(&self.roles),
            country: self.country,
            region: self.region.region(),
            registration: self.registration,
            gln: self.gln,
            prefixes: self.prefixes,
            enrols: self.enrols,
            contact: self.contact,
            nonce: None,
            successor: None,
            demo: self.demo,
            replaces: self.replaces,
        });
        self.signing.statement(&statement, out)
    }
}
