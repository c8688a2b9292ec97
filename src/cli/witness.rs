//! `jejak witness add|remove|list|status`: the witnesses that a node asks to cosign its log. They stand in a policy (C2SP tlog-policy),
//! `witnesses.policy` in the ledger's directory, which `serve` reads when it starts.
//!
//! Not here: what the authority states of them on the log (`log_keys`).

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Out;
use super::client::Client;
use super::failure::Failure;
use super::output;
use crate::causes::causes;
use crate::ledger::{Config, WitnessOptions, readable};
use crate::log::policy::{Policy, Witness};
use crate::log::{AnyVerifier, Verifier};
use crate::store::files::write_durably;
use crate::witness::HttpWitnesses;

/// The policy's file in the directory of a ledger.
pub const POLICY: &str = "witnesses.policy";
/// The group of all witnesses in a policy that these verbs write.
const ALL: &str = "all-witnesses";

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Add a witness to the ledger's policy
    Add(Add),
    /// Remove a witness from the ledger's policy
    Remove(Remove),
    /// List the witnesses of the ledger's policy
    List(List),
    /// Show what each witness has cosigned, as a node reports it
    Status(Status),
}

/// `witness add`.
#[derive(Debug, Args)]
pub struct Add {
    /// Name for it, without spaces
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Its verifier key, as its operator publishes it
    #[arg(value_name = "VKEY")]
    pub key: String,
    /// Its submission prefix: the address before /add-checkpoint
    #[arg(value_name = "URL")]
    pub url: String,
    /// The ledger's directory
    #[arg(long, value_name = "DIR", env = "JEJAK_DIR", default_value = "jejak-ledger")]
    pub dir: PathBuf,
    /// How many witnesses must cosign a head [default: as the policy says, else more than half]
    #[arg(long, value_name = "N")]
    pub quorum: Option<usize>,
}

/// `witness remove`.
#[derive(Debug, Args)]
pub struct Remove {
    /// Its name in the policy
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The ledger's directory
    #[arg(long, value_name = "DIR", env = "JEJAK_DIR", default_value = "jejak-ledger")]
    pub dir: PathBuf,
    /// How many witnesses must cosign a head [default: as the policy says, else more than half]
    #[arg(long, value_name = "N")]
    pub quorum: Option<usize>,
}

/// `witness list`.
#[derive(Debug, Args)]
pub struct List {
    /// The ledger's directory
    #[arg(long, value_name = "DIR", env = "JEJAK_DIR", default_value = "jejak-ledger")]
    pub dir: PathBuf,
}

/// `witness status`.
#[derive(Debug, Args)]
pub struct Status {
    /// The node
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: String,
}

impl Verb {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        match self {
            Verb::Add(verb) => verb.run(out),
            Verb::Remove(verb) => verb.run(out),
            Verb::List(verb) => verb.run(out),
            Verb::Status(verb) => verb.run(out),
        }
    }
}

/// The policy in this file, which must not be of another log.
///
/// # Errors
/// [`Failure`] naming the file.
pub(super) fn policy(file: &Path, log: &str) -> Result<Policy, Failure> {
    Ok(read(file, log)?.0)
}

/// The policy and its text.
fn read(file: &Path, log: &str) -> Result<(Policy, String), Failure> {
    let wrong = |cause: super::failure::Cause| {
        Failure::usage(format!("{} is not a witness policy of this ledger", file.display()))
            .because(cause)
            .hint("correct the file, or move it away and add each witness with `jejak witness add`")
    };
    let text = std::fs::read_to_string(file).map_err(|e| Failure::file("read", file, e))?;
    let policy = Policy::parse(&text).map_err(|e| wrong(e.into()))?;
    match policy.logs.iter().all(|(key, _)| key.to_string() == log) {
        true => Ok((policy, text)),
        false => Err(wrong("it names the key of another log".into())),
    }
}

/// What `serve` asks: the witnesses of `file`, or of the policy in `dir` if there is one.
///
/// # Errors
/// [`Failure`] for a policy that can't be read.
pub(super) fn options(file: Option<&Path>, dir: &Path, log: &str) -> Result<Option<WitnessOptions>, Failure> {
    let default = dir.join(POLICY);
    let file = match file {
        Some(file) => file,
        None if default.exists() => &default,
        None => return Ok(None),
    };
    let ask = std::sync::Arc::new(HttpWitnesses::default());
    let (policy, text) = read(file, log)?;
    Ok(Some(WitnessOptions { policy, text, ask }))
}

/// The policy of a ledger that these verbs may write: how many of all its witnesses must cosign.
struct Flat {
    config: Config,
    file: PathBuf,
    witnesses: Vec<Witness>,
    quorum: usize,
}

fn majority(of: usize) -> usize {
    if of == 0 { 0 } else { of / 2 + 1 }
}

impl Flat {
    fn read(dir: &Path) -> Result<Flat, Failure> {
        let config = Config::load(dir).map_err(|e| {
            Failure::usage(format!("{} is not a ledger's directory", dir.display()))
                .because(e)
                .hint("give it with --dir")
        })?;
        let file = dir.join(POLICY);
        if !file.exists() {
            return Ok(Flat { config, file, witnesses: Vec::new(), quorum: 0 });
        }
        let policy = policy(&file, &config.log_key)?;
        let Some(quorum) = policy.of_all() else {
            return Err(Failure::usage(format!("{} has groups of witnesses", file.display()))
                .because("this command writes policies that ask for some number of all witnesses")
                .hint("edit the file"));
        };
        Ok(Flat { config, file, witnesses: policy.witnesses, quorum })
    }

    /// Writes the policy with `witnesses`, of which `quorum` must cosign.
    fn write(self, witnesses: Vec<Witness>, quorum: Option<usize>, out: Out) -> Result<(), Failure> {
        let (before, now) = (self.witnesses.len(), witnesses.len());
        let kept = if self.quorum == majority(before) { majority(now) } else { self.quorum.min(now) };
        let quorum = quorum.unwrap_or(kept);
        if quorum > now {
            return Err(
                Failure::usage(format!("{quorum} of {now} witnesses can't cosign")).hint("give a smaller --quorum")
            );
        }
        let mut text = format!(
            "# Written by `jejak witness`: a C2SP tlog-policy, for this node and for those who verify its proofs.\nlog {} {}\n",
            self.config.log_key, self.config.public_url
        );
        for witness in &witnesses {
            text.push_str(&format!("witness {} {}", witness.name, witness.key));
            text.push_str(&witness.url.as_ref().map_or_else(String::new, |url| format!(" {url}")));
            text.push('\n');
        }
        let names: Vec<&str> = witnesses.iter().map(|witness| witness.name.as_str()).collect();
        text.push_str(&match quorum {
            0 => "quorum none\n".to_owned(),
            quorum => format!("group {ALL} {quorum} {}\nquorum {ALL}\n", names.join(" ")),
        });
        let made = Policy::parse(&text).map_err(|e| {
            Failure::usage("the witness was not added")
                .because(causes(&e).to_string())
                .hint("correct its name or its key")
        })?;
        write_durably(&self.file, text.as_bytes(), 0o644).map_err(|e| Failure::file("write", &self.file, e))?;
        let mut shown = listed(&made, quorum);
        shown.push_str(&format!(
            "written to {}; restart the node, then bind the witnesses: jejak log-keys set --policy {} --node {} --key KEY\n",
            self.file.display(),
            self.file.display(),
            self.config.public_url
        ));
        out.print(&shown, &value(&made, Some(quorum)));
        Ok(())
    }
}

fn listed(policy: &Policy, quorum: usize) -> String {
    let mut text = String::new();
    for witness in &policy.witnesses {
        let url = witness.url.as_deref().unwrap_or("no address: it is not asked");
        text.push_str(&format!("{}  {}  {url}\n", witness.name, witness.key.algorithm()));
    }
    text.push_str(&match (policy.witnesses.len(), quorum) {
        (0, _) => "no witnesses\n".to_owned(),
        (all, 0) => format!("{all} witnesses, none of which must cosign\n"),
        (all, quorum) => format!("{quorum} of {all} must cosign\n"),
    });
    text
}

fn value(policy: &Policy, quorum: Option<usize>) -> Value {
    let one = |w: &Witness| json!({ "name": w.name, "key": w.key.to_string(), "url": w.url });
    json!({ "quorum": quorum, "witnesses": policy.witnesses.iter().map(one).collect::<Vec<_>>() })
}

impl Add {
    fn run(self, out: Out) -> Result<(), Failure> {
        let flat = Flat::read(&self.dir)?;
        let wrong = |why: String| {
            Failure::usage(format!("{} is not the verifier key of a witness", self.key))
                .because(why)
                .hint("its operator publishes it: the name, a plus, eight digits, a plus, and the key in base64")
        };
        let key: AnyVerifier = self.key.parse().map_err(|e| wrong(causes(&e).to_string()))?;
        if let AnyVerifier::Known(key) = &key {
            key_of_a_witness(key, &flat.config.log_key).map_err(wrong)?;
        }
        if !super::verify::is_url(&self.url) {
            return Err(Failure::usage(format!("{} is not the address of a witness", self.url))
                .hint("give its submission prefix with its scheme, such as https://witness.example/jejak"));
        }
        let mut witnesses = flat.witnesses.clone();
        witnesses.push(Witness { name: self.name, key, url: Some(self.url.trim_end_matches('/').to_owned()) });
        flat.write(witnesses, self.quorum, out)
    }
}

/// Whether a key is that of a cosigner other than the log.
fn key_of_a_witness(key: &Verifier, log: &str) -> Result<(), String> {
    use crate::log::note::KeyType;
    if key.kind() != KeyType::Cosignature {
        return Err("it is of type 0x01, which signs as a log; a witness has type 0x04".to_owned());
    }
    match log.parse::<Verifier>() {
        Ok(log) if log.public_key() == key.public_key() => Err("it is the log's own key".to_owned()),
        _ => Ok(()),
    }
}

impl Remove {
    fn run(self, out: Out) -> Result<(), Failure> {
        let flat = Flat::read(&self.dir)?;
        let mut witnesses = flat.witnesses.clone();
        witnesses.retain(|witness| witness.name != self.name);
        if witnesses.len() == flat.witnesses.len() {
            return Err(Failure::usage(format!("{} is not a witness of the policy", self.name))
                .hint("`jejak witness list` lists them"));
        }
        flat.write(witnesses, self.quorum, out)
    }
}

impl List {
    fn run(self, out: Out) -> Result<(), Failure> {
        let config = Config::load(&self.dir)
            .map_err(|e| Failure::usage(format!("{} is not a ledger's directory", self.dir.display())).because(e))?;
        let file = self.dir.join(POLICY);
        let policy = if file.exists() { policy(&file, &config.log_key)? } else { Policy::none() };
        let quorum = policy.of_all();
        let mut text = listed(&policy, quorum.unwrap_or_default());
        if quorum.is_none() {
            text = text.lines().filter(|line| !line.contains("must cosign")).map(|line| format!("{line}\n")).collect();
            text.push_str(&format!("the quorum is a group of groups: see {}\n", file.display()));
        }
        out.print(&text, &value(&policy, quorum));
        Ok(())
    }
}

impl Status {
    fn run(self, out: Out) -> Result<(), Failure> {
        let status = Client::new(&self.node)?.get_json("/witnesses")?;
        let size = status["size"].as_u64().unwrap_or_default();
        let mut text = format!("log       {size} entries published\n");
        let all = status["witnesses"].as_array().cloned().unwrap_or_default();
        text.push_str(match (all.is_empty(), status["quorum"].as_bool()) {
            (true, _) => "quorum    this node asks no witness\n",
            (_, Some(true)) => "quorum    reached\n",
            _ => "quorum    NOT reached: proofs of the newest head fail under this policy\n",
        });
        for witness in all {
            let name = output::line(witness["name"].as_str().unwrap_or_default());
            let cosigned = match (witness["size"].as_u64(), witness["time"].as_i64()) {
                (Some(at), Some(time)) if at == size => format!("cosigned the newest head at {}", readable(time)),
                (Some(at), Some(time)) => {
                    format!("{} entries behind: cosigned {at} at {}", size.saturating_sub(at), readable(time))
                }
                _ => "has cosigned nothing yet".to_owned(),
            };
            text.push_str(&format!("{name:<9} {cosigned}\n"));
            if let Some(error) = witness["error"].as_str() {
                let failures = witness["failures"].as_u64().unwrap_or_default();
                text.push_str(&format!(
                    "          {failures} failures since then, the last: {}\n",
                    output::line(error)
                ));
            }
        }
        out.print(&text, &status);
        Ok(())
    }
}
