//! `jejak demo`: serves a ledger with four sample supply chains.
//!
//! Every record is signed with its own party's key and sent to `POST /entries` of the running server. The demo stores the keys and the
//! signed records, so that an interrupted start continues where it stopped.

pub mod acts;
pub mod chains;
mod folder;
mod goods;
pub mod phones;
pub mod seed;
pub mod trouble;
pub mod world;

use std::fs;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use ed25519_dalek::SigningKey;
use serde_json::json;

use self::acts::Script;
use self::seed::{Http, Seeder};
use super::Out;
use super::failure::{Cause, Failure};
use super::serve;
use crate::gs1::LotId;
use crate::label;
use crate::ledger::{InitKeys, InitOptions, Ledger, Limits, Options};
use crate::record::registry::{Party, Role};
use crate::server::{self, Config};
use crate::store::keyfile;

/// Longest wait for the last record to be published.
const PUBLISHED: Duration = Duration::from_secs(30);
/// Origin of every demo's log, and of no other.
const ORIGIN: &str = "demo.jejak.example/log";
/// Events from this time on may name the built-in profiles: 2026-01-01, Unix seconds.
const PROFILES_FROM: i64 = 1_767_225_600;

/// Serves a demonstration ledger with four sample supply chains.
#[derive(Debug, Args)]
pub struct Demo {
    /// The demo's directory; a second start continues with its content
    #[arg(long, value_name = "DIR", default_value = "jejak-demo")]
    pub dir: PathBuf,
    /// Address to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Address in QR codes and links [default: http://ADDR]
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Seed the ledger and exit, without serving it
    #[arg(long)]
    pub once: bool,
}

impl Demo {
    /// Runs the verb.
    ///
    /// # Errors
    /// When the directory cannot be used, or the ledger refuses a record, which would be a bug.
    pub fn run(self, out: Out) -> Result<(), Failure> {
        serve::logging();
        let public_url = self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen));
        let public_url = server::settings::public_url(&public_url).map_err(|why| {
            Failure::usage("--public-url is not a valid address")
                .because(why)
                .hint("give an address such as https://jejak.example")
        })?;
        let authority = found(&self.dir, &public_url)?;
        let ledger = serve::open(&self.dir.join("ledger"), Vec::new(), None)?;
        let trust = self.dir.join("trust.toml");
        fs::write(&trust, ledger.trust_file()).map_err(|e| Failure::file("write", &trust, e))?;
        // a demo that was put away for a while starts without questions
        ledger.confirm_clock();
        let config = Config { public_url: public_url.clone(), ..Config::default() };
        let runtime = serve::runtime()?;
        let listener = runtime.block_on(serve::bind(self.listen))?;
        let at = listener.local_addr().map_err(|e| Failure::usage("can't listen").because(e))?;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let once = self.once;
        let shutdown = async move {
            if once {
                let _ = stopped.await;
            } else {
                serve::stopped().await;
            }
        };
        let served = runtime.spawn(server::serve(ledger.clone(), config, listener, shutdown));
        let mut submitter = Http::new(&format!("http://{at}"), ledger.id(), &public_url);
        let lots = seed_with(&mut submitter, &self.dir.join("demo"), ledger.id(), authority)
            .map_err(|e| Failure::refused("the demo could not be seeded").because(e))?;
        // the first page that is opened shall be checked
        let last = ledger.size().saturating_sub(1);
        runtime.block_on(ledger.wait_published(last, PUBLISHED));
        present(out, &ledger, &public_url, &lots, &trust);
        if once {
            let _ = stop.send(());
        }
        let ended = runtime.block_on(served).map_err(|e| Failure::usage("the server stopped").because(e))?;
        ended.map_err(|e| Failure::usage("the server stopped").because(e))
    }
}

/// Founds the ledger unless an earlier start did; returns the authority's second admin key, which the demo signs with. Files of others
/// are never touched: a directory is cleared only if its marker says that a demo was interrupted while founding in it.
fn found(dir: &Path, public_url: &str) -> Result<SigningKey, Failure> {
    let unusable = |what: &str, cause: Cause| {
        Failure::usage(format!("{what} in {}", dir.display()))
            .because(cause)
            .hint("give the demo a new directory with --dir")
    };
    let (ledger, demo) = (dir.join("ledger"), dir.join("demo"));
    let (kept, founding) = (demo.join("keys").join("authority.pem"), demo.join("founding"));
    if dir.join("config.toml").exists() || dir.join("journal").exists() {
        return Err(unusable("cannot run a demo", "this is the directory of another ledger".into()));
    }
    if ledger.join("config.toml").exists() {
        let config = crate::ledger::Config::load(&ledger).map_err(|e| unusable("cannot read the ledger", e.into()))?;
        if config.origin != ORIGIN {
            let why = format!("its ledger {} is not a demo", config.origin);
            return Err(unusable("cannot run a demo", why.into()));
        }
        let key = keyfile::read(&kept, None).map_err(|e| unusable("the demo's authority key is missing", e.into()))?;
        // founded, and interrupted before the marker was removed
        return match fs::remove_file(&founding) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(unusable("cannot continue", e.into())),
            _ => Ok(key),
        };
    }
    for part in [&ledger, &demo] {
        if !founding.exists() && is_occupied(part).map_err(|e| unusable("cannot read the directory", e.into()))? {
            let why = format!("{} holds files of something else", part.display());
            return Err(unusable("cannot start a demo", why.into()));
        }
    }
    // interrupted before it was founded: nothing was served yet. The marker is removed last
    for part in [&ledger, &demo.join("keys"), &demo] {
        match fs::remove_dir_all(part) {
            Err(e) if e.kind() != ErrorKind::NotFound => return Err(unusable("cannot start again", e.into())),
            _ => {}
        }
    }
    let keys = InitKeys::generate().map_err(|e| unusable("cannot generate keys", e.into()))?;
    fs::create_dir_all(&demo).map_err(|e| unusable("cannot create directories", e.into()))?;
    fs::write(&founding, b"").map_err(|e| unusable("cannot start", e.into()))?;
    fs::create_dir_all(demo.join("keys")).map_err(|e| unusable("cannot create directories", e.into()))?;
    keyfile::write(&kept, &keys.authority[1], None)
        .map_err(|e| unusable("cannot write the authority's key", e.into()))?;
    let second = keys.authority[1].clone();
    let options = founders(public_url, keys).map_err(|e| unusable("cannot found a ledger", e.into()))?;
    Ledger::init(&ledger, &options, &Options::default()).map_err(|e| unusable("cannot found a ledger", e.into()))?;
    fs::remove_file(&founding).map_err(|e| unusable("cannot continue", e.into()))?;
    Ok(second)
}

/// Whether a directory exists and is not empty, or a file is in its place.
fn is_occupied(dir: &Path) -> std::io::Result<bool> {
    match fs::read_dir(dir) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
        Err(e) if e.kind() == ErrorKind::NotADirectory => Ok(true),
        Err(e) => Err(e),
    }
}

fn founders(public_url: &str, keys: InitKeys) -> anyhow::Result<InitOptions> {
    let party = |n: u32, name, role| -> anyhow::Result<Party> {
        let prefixes = if role == Role::Authority { vec![world::PREFIX.to_owned()] } else { Vec::new() };
        let gln = Some(world::gln(n)?);
        Ok(Party { gln, prefixes, demo: true, ..Party::new(world::party(n)?, name, &[role], "ID") })
    };
    Ok(InitOptions {
        origin: ORIGIN.to_owned(),
        public_url: public_url.to_owned(),
        authority: party(
            1,
            world::names("Program Ekspor Desa (contoh)", "Village Export Programme (demo)", "乡村出口计划（演示）"),
            Role::Authority,
        )?,
        operator: party(
            2,
            world::names("Server Jejak (contoh)", "Jejak server (demo)", "Jejak 服务器（演示）"),
            Role::Operator,
        )?,
        keys,
        limits: Limits::default(),
        profiles_from: PROFILES_FROM,
    })
}

/// Submits the four chains and what goes wrong around them through any [`seed::Submitter`]; returns the lots to show.
///
/// # Errors
/// When a record is refused.
pub fn seed_with(
    submitter: &mut dyn seed::Submitter,
    dir: &Path,
    ledger: &str,
    authority: SigningKey,
) -> anyhow::Result<Vec<LotId>> {
    let mut seeder = Seeder::new(submitter, dir, ledger)?;
    seeder.adopt("authority", &world::party(world::who::AUTHORITY)?, authority, 0);
    world::found(&mut seeder, "authority").context("enrolment")?;
    let mut script = Script { s: &mut seeder, ledger: ledger.to_owned() };
    let mut lots = chains::crab(&mut script).context("live mud crab")?;
    lots.extend(chains::avocado(&mut script).context("avocado")?);
    lots.extend(chains::banana(&mut script).context("banana flour")?);
    lots.extend(chains::patchouli(&mut script).context("patchouli oil")?);
    lots.extend(trouble::lifted_hold(&mut script).context("a hold that was lifted")?);
    lots.extend(trouble::stolen_key(&mut script).context("a stolen key")?);
    phones::waiting(&mut script).context("goods that wait for a visitor")?;
    Ok(lots)
}

fn present(out: Out, ledger: &Ledger, public_url: &str, lots: &[LotId], trust: &Path) {
    let mut text = String::new();
    let mut list = Vec::new();
    for lot in lots {
        let link = lot.uri().replacen("https://id.gs1.org", public_url, 1);
        if let Ok(code) = label::terminal(&link) {
            text.push_str(&format!("\n{code}"));
        }
        text.push_str(&format!("  {lot}\n  {link}\n"));
        list.push(json!({ "lot": lot.uri(), "page": link }));
    }
    if let Some(lot) = lots.first() {
        let link = lot.uri().replacen("https://id.gs1.org", public_url, 1);
        text.push_str(&format!("\nTo verify one: jejak verify --trust {} {link}\n", trust.display()));
    }
    let mut persons = Vec::new();
    for (at_desk, title) in [(false, "The field app"), (true, "The desk")] {
        text.push_str(&format!("\n{title} as a person of the demo, each with a public key:\n"));
        let page = if at_desk { "desk" } else { "app" };
        for person in phones::PERSONS.iter().filter(|person| person.at_desk == at_desk) {
            let link = format!("{public_url}/{page}/#/demo/{}", person.number);
            text.push_str(&format!("  {:<10} {link}\n", person.role));
            persons.push(json!({ "role": person.role, "number": person.number, page: link }));
        }
    }
    // no key of an authority is public, not even of a demo: its file opens the desk
    let key = trust.with_file_name("demo").join("keys").join("authority.pem");
    text.push_str(&format!("  {:<10} {public_url}/desk/ with the key file {}\n", "authority", key.display()));
    if !public_url.starts_with("https:") {
        text.push_str("  on this computer; a phone signs only at an address with https (docs/operations.md)\n");
    }
    text.push_str(&format!(
        "\n{} records on {}. Home page: {public_url}/   Stop with Ctrl-C.\n",
        ledger.size(),
        ledger.id()
    ));
    let trust = trust.display().to_string();
    out.draw(
        &text,
        &json!({ "ledger": ledger.id(), "records": ledger.size(), "lots": list, "persons": persons, "trust": trust }),
    );
}
