//! `jejak key invite`, `requests`, `approve`, `refuse`: how a phone's key comes onto the ledger.
//!
//! The enroller and the holder of the phone read eight words to each other before anything is signed: a node could have put another key
//! into the request. So the words are over the ledger and the log key that the enroller knows, not over those that a node states. They
//! are not over roles, region, names and contact, which a node could have changed too: all that would be signed is shown.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::client::{Ask, Client};
use super::failure::Failure;
use super::key::For;
use super::signed::{About, RequestSigner};
use super::signing::{Signing, open_key};
use super::{Out, acknowledged, ask, output, party, seen, signed, verify};
use crate::gs1::link::encode_component;
use crate::label;
use crate::record::eight::{self, Language};
use crate::record::enrolment::{Enrolment, Invitation};
use crate::record::registry::{Names, Role};
use crate::record::{ContentType, Statement};

/// `key invite`.
#[derive(Debug, Args)]
pub struct Invite {
    /// URI of the party whose phone is invited
    #[arg(value_name = "PARTY")]
    pub party: String,
    /// Purpose of the key: the first of a party is an admin key
    #[arg(long = "for", value_enum, default_value = "admin")]
    pub purpose: For,
    /// Role, of a party that is not on the ledger yet; repeatable
    #[arg(long = "role", value_name = "ROLE", value_parser = party::role_names())]
    pub roles: Vec<String>,
    /// Name in English, of a party that is not on the ledger yet
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Node of the ledger
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: String,
    /// Trust file: the invitation carries its ledger and log key [default: what the node states]
    #[arg(long, value_name = "FILE", env = "JEJAK_TRUST")]
    pub trust: Option<PathBuf>,
}

/// `key requests`.
#[derive(Debug, Args)]
pub struct Requests {
    /// Signing options
    #[command(flatten)]
    pub signing: Signing,
}

/// `key approve`.
#[derive(Debug, Args)]
pub struct Approve {
    /// The key of the request, or the link of the code that the phone shows
    #[arg(value_name = "KEY")]
    pub requested: String,
    /// The eight words that the phone shows, as they were read to you: for scripts, else they are shown and asked about. Of a party that is
    /// not on the ledger yet, --role and --region are needed with them: the words are not over these
    #[arg(long, value_name = "WORDS")]
    pub words: Option<String>,
    /// Role that the party is to have, or has; the request must have the same. Repeatable
    #[arg(long = "role", value_name = "ROLE", value_parser = party::role_names())]
    pub roles: Vec<String>,
    /// Code of the region that the party is to belong to, or belongs to; the request must have the same
    #[arg(long, value_name = "CODE")]
    pub region: Option<String>,
    /// Country of a party that is not on the ledger yet
    #[arg(long, value_name = "CC", default_value = "ID")]
    pub country: String,
    /// Trust file with the log key for the words [default: the log key that this key has seen, else the node's]
    #[arg(long, value_name = "FILE", env = "JEJAK_TRUST")]
    pub trust: Option<PathBuf>,
    /// Signing options
    #[command(flatten)]
    pub signing: Signing,
}

/// `key refuse`.
#[derive(Debug, Args)]
pub struct Refuse {
    /// The key of the request
    #[arg(value_name = "KEY")]
    pub requested: String,
    /// Signing options
    #[command(flatten)]
    pub signing: Signing,
}

#[derive(Debug, Deserialize)]
struct Waiting {
    received: i64,
    request: Value,
}

#[derive(Debug, Deserialize)]
struct Inbox {
    requests: Vec<Waiting>,
}

/// The node and who signs the requests to it.
struct Desk {
    client: Client,
    signer: RequestSigner,
}

impl Desk {
    fn open(signing: &Signing) -> Result<Desk, Failure> {
        let client = signing.node()?.ok_or_else(|| {
            Failure::usage("--node is required").hint("give --node URL, or set JEJAK_NODE: the requests wait there")
        })?;
        let key = signing.key.as_deref().ok_or_else(|| {
            Failure::usage("--key is required")
                .because("a node shows requests to who may approve them")
                .hint("give --key FILE, an admin key of the authority, of the region or of the party")
        })?;
        let key = open_key(key, &signing.passphrase)?;
        let signer = RequestSigner::of_node(&client, key, signing.ledger.as_deref())?;
        Ok(Desk { client, signer })
    }

    fn inbox(&self) -> Result<Vec<Waiting>, Failure> {
        let body = self.signer.get(&self.client, "/enrolments")?;
        let inbox: Inbox = serde_json::from_slice(&body)
            .map_err(|e| Failure::unreachable(format!("{} gave no list of requests", self.client.base())).because(e))?;
        Ok(inbox.requests)
    }

    fn remove(&self, key: &str) -> Result<(), Failure> {
        self.signer.delete(&self.client, &format!("/enrolments/{key}"))
    }

    fn party(&self, uri: &str) -> Result<Option<Value>, Failure> {
        self.client.find_json(&format!("/parties/{}", encode_component(uri)))
    }

    /// The request of a key in the inbox, or that of a code.
    fn request(&self, named: &str) -> Result<Enrolment, Failure> {
        let bytes = match named.split_once("#/request/") {
            Some((_, packed)) => data_encoding::BASE64URL_NOPAD
                .decode(packed.trim().as_bytes())
                .map_err(|e| Failure::usage("the link is damaged").because(e).hint("scan or copy it again, whole"))?,
            None => {
                let wanted = named.strip_prefix("urn:jejak:key:").unwrap_or(named);
                let found = self.inbox()?.into_iter().find(|waiting| waiting.request["key"] == wanted);
                found.map(|waiting| waiting.request.to_string().into_bytes()).ok_or_else(|| {
                    Failure::refused(format!("no request of the key {wanted} waits that you may approve"))
                        .hint("see `jejak key requests`")
                })?
            }
        };
        Enrolment::read(&bytes, &self.signer.ledger)
            .map_err(|e| Failure::refused("the request does not hold").because(e))
    }
}

fn member<T: DeserializeOwned>(value: &Value, name: &str) -> Option<T> {
    serde_json::from_value(value.get(name)?.clone()).ok()
}

fn names_of(value: &Value) -> Option<Names> {
    member(value, "name")
}

fn json_of(statement: &Statement) -> Result<Value, Failure> {
    serde_json::to_value(statement).map_err(|e| Failure::usage("the statement can't be written as JSON").because(e))
}

/// Every value of what will be signed, one a line. It is made from the statements themselves, so that no member is left out.
fn listed<'a>(statements: impl IntoIterator<Item = &'a Value>) -> String {
    let mut text = String::from("will be signed:\n");
    for statement in statements {
        list_values("", statement, &mut text);
        text.push('\n');
    }
    text
}

fn list_values(name: &str, value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                let name = if name.is_empty() { member.clone() } else { format!("{name}.{member}") };
                list_values(&name, value, text);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| list_values(name, item, text)),
        Value::String(value) => text.push_str(&format!("  {name:<16} {}\n", output::line(value))),
        value => text.push_str(&format!("  {name:<16} {value}\n")),
    }
}

/// A name for the person at the terminal.
fn shown(names: Option<&Names>, uri: &str) -> String {
    names.map_or_else(|| uri.to_owned(), |names| names.best(&acknowledged::language()).1.to_owned())
}

impl Invite {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let client = Client::new(&self.node)?;
        let about = About::of(&client)?;
        let trust = self.trust.as_deref().map(verify::trust).transpose()?.unwrap_or_default();
        if let Some(ledger) = trust.ledger.as_ref().filter(|ledger| **ledger != about.ledger) {
            return Err(Failure::refused(format!("{} is a node of {}, not of {ledger}", client.base(), about.ledger)));
        }
        let stated = about.log_keys.first().cloned().unwrap_or_default();
        let log = trust.log.as_ref().map_or(stated, ToString::to_string);
        let known = client.find_json(&format!("/parties/{}", encode_component(&self.party)))?;
        let (roles, name): (Vec<Role>, Option<Names>) = match &known {
            Some(view) => (member(view, "roles").unwrap_or_default(), names_of(view)),
            None if self.roles.is_empty() => {
                return Err(Failure::usage(format!("{} is not on the ledger", self.party))
                    .hint("give --role and --name for a new party, or correct its URI"));
            }
            None => (party::roles(&self.roles), self.name.map(Names::english)),
        };
        let purpose = self.purpose.into();
        let invitation =
            Invitation { node: about.public_url, ledger: about.ledger, log, party: self.party, roles, purpose, name };
        let link = invitation.link().map_err(|e| Failure::usage("the invitation can't be written").because(e))?;
        let code = label::terminal(&link).unwrap_or_default();
        let text = format!("{code}\n{}\n", output::line(&link));
        out.draw(&text, &json!({ "link": link, "invitation": invitation }));
        Ok(())
    }
}

impl Requests {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let desk = Desk::open(&self.signing)?;
        let waiting = desk.inbox()?;
        let mut text = String::new();
        for Waiting { received, request } in &waiting {
            let member = |name: &str| request[name].as_str().unwrap_or("-").to_owned();
            let when = jiff::Timestamp::from_second(*received).map_or_else(|_| "-".to_owned(), |time| time.to_string());
            let name = shown(names_of(request).as_ref(), &member("party"));
            text.push_str(&format!(
                "key      {}\nparty    {name} ({})\nfor      {}, {}\nreceived {when}\n\n",
                member("key"),
                member("party"),
                member("purpose"),
                member("label"),
            ));
        }
        if waiting.is_empty() {
            "no request waits that this key may approve".clone_into(&mut text);
        }
        let list: Vec<Value> = waiting
            .into_iter()
            .map(|waiting| json!({ "received": waiting.received, "request": waiting.request }))
            .collect();
        out.print(&text, &json!({ "requests": list }));
        Ok(())
    }
}

impl Approve {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`]; nothing is signed unless the words match.
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let desk = Desk::open(&self.signing)?;
        let request = desk.request(&self.requested)?;
        let known = desk.party(&request.party)?;
        let party = known.is_none().then(|| Statement::Party(request.party_statement(&self.country)));
        let key = Statement::Key(request.key_statement());
        let stated = party.as_ref().map(json_of).transpose()?;
        self.expect(stated.as_ref().or(known.as_ref()).unwrap_or(&Value::Null), known.is_none())?;
        output::note(listed(stated.iter().chain([&json_of(&key)?])));
        self.compare(&desk, &request, known.as_ref())?;
        let mut signing = self.signing.clone();
        signing.ledger = Some(desk.signer.ledger.clone());
        let session = signing.session()?;
        let sign = |statement: &Statement| -> Result<Value, Failure> {
            let text =
                statement.to_json().map_err(|e| Failure::usage("the statement is not well formed").because(e))?;
            Ok(session.sign(ContentType::Registry, text.as_bytes(), None, None)?.1)
        };
        let enrolled = party.as_ref().map(sign).transpose()?;
        let admitted = sign(&key)?;
        // a code that was shown need not be in the inbox; what is enrolled is shown there no more
        let _ = desk.remove(&request.key.to_string());
        let text = format!("enrolled {}\nof       {}\n", request.key.uri(), request.party);
        out.print(
            &text,
            &json!({ "key": request.key, "party": request.party, "partyRecord": enrolled, "record": admitted }),
        );
        Ok(())
    }

    /// Goes on only if the party, as it is or is to be, is what the options say.
    fn expect(&self, party: &Value, is_new: bool) -> Result<(), Failure> {
        let roles: BTreeSet<String> = member(party, "roles").unwrap_or_default();
        let region: Option<String> = member(&party["region"], "code");
        let missing = |option: &str| {
            Failure::usage(format!("{option} is needed with --words for a party that is not on the ledger yet"))
                .because("the words are not over its roles and region, which a node could have changed")
                .hint(format!("give {option} as you know it, or leave out --words to see all and be asked"))
        };
        let nobody_reads = self.words.is_some() && is_new;
        if nobody_reads && self.roles.is_empty() {
            return Err(missing("--role"));
        }
        if nobody_reads && self.region.is_none() && region.is_some() {
            return Err(missing("--region"));
        }
        let differs = |what: &str, found: &str| {
            Failure::refused(format!("{what} {found}: nothing was signed"))
                .because("the phone asked for another, or the node or somebody on the way has changed the request")
                .hint("let the phone show its code, and approve that; if it still differs, tell the authority")
        };
        if !self.roles.is_empty() && !roles.iter().eq(self.roles.iter().collect::<BTreeSet<_>>()) {
            let found: Vec<&str> = roles.iter().map(String::as_str).collect();
            return Err(differs("the roles of the party are", &found.join(", ")));
        }
        if self.region.is_some() && self.region != region {
            return Err(differs("the region of the party is", region.as_deref().unwrap_or("none")));
        }
        Ok(())
    }

    /// Goes on only if the words that the phone shows are those of this request.
    fn compare(&self, desk: &Desk, request: &Enrolment, known: Option<&Value>) -> Result<(), Failure> {
        let log = self.log_key(desk)?;
        let language = Language::of(&acknowledged::language());
        let of = |language| eight::words(&desk.signer.ledger, &log, &request.party, &request.key, language);
        if let Some(read) = &self.words {
            let read: Vec<&str> = read.split_whitespace().collect();
            let languages = [Language::Indonesian, Language::English, Language::Chinese];
            if languages.into_iter().any(|language| of(language)[..] == read[..]) {
                return Ok(());
            }
            return Err(Failure::refused("the words are not those of this request: nothing was signed")
                .because("the node or somebody on the way may have put another key into it")
                .hint("let the phone show its code, and approve that; if the words still differ, tell the authority"));
        }
        let names = known.and_then(names_of).or_else(|| request.name.clone());
        let new = if known.is_none() { ", which is not on the ledger yet" } else { "" };
        output::note(format!("{} ({}){new}", shown(names.as_ref(), &request.party), request.party));
        let words = of(language);
        let line = |from: usize| {
            let numbered = words.iter().enumerate().skip(from).take(4);
            numbered.map(|(at, word)| format!("{} {word}", at + 1)).collect::<Vec<_>>().join("  ")
        };
        output::note(format!("\nthe phone reads to you:  {}\nyou read to the phone:   {}\n", line(0), line(4)));
        let nobody = Failure::usage("there is no terminal to ask whether the words match")
            .hint("give the eight words that the phone shows with --words");
        ask::confirm("Are all eight words the same on the phone, and is all that will be signed right?", nobody)
    }

    /// The log key that the words are over: pinned, seen before by this key, or else what the node states.
    fn log_key(&self, desk: &Desk) -> Result<String, Failure> {
        if let Some(file) = &self.trust {
            let trust = verify::trust(file)?;
            if trust.ledger.as_deref() != Some(desk.signer.ledger.as_str()) {
                return Err(Failure::refused(format!("{} pins another ledger", file.display())));
            }
            return Ok(trust.log.map(|log| log.to_string()).unwrap_or_default());
        }
        let key = self.signing.key.as_deref();
        if let Some(log) = key.and_then(|key| seen::log_key(key, &desk.signer.ledger)) {
            return Ok(log);
        }
        output::warn("the log key for the words is what the node states now: give --trust FILE to pin it");
        Ok(About::of(&desk.client)?.log_keys.into_iter().next().unwrap_or_default())
    }
}

impl Refuse {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let desk = Desk::open(&self.signing)?;
        let key = self.requested.strip_prefix("urn:jejak:key:").unwrap_or(&self.requested);
        desk.remove(key)?;
        out.print(&format!("refused  {key}; nothing was signed"), &json!({ "refused": key }));
        Ok(())
    }
}

impl RequestSigner {
    /// `GET path`, signed.
    ///
    /// # Errors
    /// [`Failure`] when the node does not answer, or answers with a problem.
    fn get(&self, client: &Client, path: &str) -> Result<Vec<u8>, Failure> {
        let read = |now| client.get_with(path, "application/json", Ask::Json, &self.headers("GET", path, b"", now)?);
        signed::in_time(read)
    }

    /// `DELETE path`, signed.
    ///
    /// # Errors
    /// As for [`RequestSigner::get`].
    fn delete(&self, client: &Client, path: &str) -> Result<(), Failure> {
        signed::in_time(|now| client.delete(path, &self.headers("DELETE", path, b"", now)?))
    }
}
