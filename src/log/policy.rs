//! Witness policies (C2SP tlog-policy): which logs and witnesses are trusted, and how many must have cosigned.
//!
//! ```text
//! log <vkey> [<url>]
//! witness <name> <vkey> [<url>]
//! group <name> all|any|<k> <name>...
//! quorum <name>|none                      exactly once
//! ```
//! A log's own key never counts as a witness, whatever the policy says. A key of a kind that this version does not verify is read, and
//! counts for nothing: a policy that names one stays usable. Not here: fetching cosignatures.

use std::collections::{BTreeMap, BTreeSet};

use super::note::{KeyType, Note, NoteError, Verifier};
use super::vkey::AnyVerifier;
use crate::causes::Cause;

/// Largest policy, in bytes.
pub const MAX_POLICY: usize = 256 * 1024;

/// Most logs, witnesses and groups in one policy; the specification requires at least 32 of each.
pub const MAX_NAMES: usize = 256;

/// Why text is not a policy: the line (from 1) and what is wrong with it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("policy line {line}")]
pub struct PolicyError {
    /// Line number from 1; 0 for the policy as a whole.
    pub line: usize,
    /// What is wrong.
    pub source: Cause,
}

/// A witness as the policy names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Its name within the policy.
    pub name: String,
    /// Its key: type 0x04, or of a kind that is not verified here.
    pub key: AnyVerifier,
    /// Submission prefix, if given.
    pub url: Option<String>,
}

/// A parsed policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// Trusted logs, with their URL; without those whose key is of another kind.
    pub logs: Vec<(Verifier, Option<String>)>,
    /// Trusted witnesses.
    pub witnesses: Vec<Witness>,
    groups: BTreeMap<String, (usize, Vec<String>)>,
    quorum: Option<String>,
}

/// The result of checking one signed checkpoint against a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quorum {
    /// Whether the quorum is reached; true for `quorum none`.
    pub reached: bool,
    /// Policy names of witnesses whose cosignature verifies, with its time (Unix seconds).
    pub cosigned: Vec<(String, u64)>,
    /// Policy names of witnesses with a cosignature that does not verify: the note should be refused.
    pub invalid: Vec<String>,
    /// Policy names of witnesses with a signature line of a kind that is not verified here: it counts for nothing.
    pub unchecked: Vec<String>,
}

impl Policy {
    /// The policy that requires no witness.
    pub fn none() -> Policy {
        Policy::default()
    }

    /// Whether any witness is required.
    pub fn requires_witnesses(&self) -> bool {
        self.quorum.is_some()
    }

    /// How many of all its witnesses must cosign, if the policy asks for just that; 0 for none. `None` for a policy of several groups, or
    /// one that leaves witnesses out.
    pub fn of_all(&self) -> Option<usize> {
        let all: BTreeSet<&str> = self.witnesses.iter().map(|witness| witness.name.as_str()).collect();
        match &self.quorum {
            None => self.groups.is_empty().then_some(0),
            Some(only) if self.groups.is_empty() => (all.len() == 1 && all.contains(only.as_str())).then_some(1),
            Some(name) => {
                let (threshold, members) = self.groups.get(name)?;
                let named = members.iter().map(String::as_str).collect::<BTreeSet<_>>() == all;
                (named && self.groups.len() == 1).then_some(*threshold)
            }
        }
    }

    /// Reads a policy.
    ///
    /// # Errors
    /// [`PolicyError`] with the line.
    pub fn parse(text: &str) -> Result<Policy, PolicyError> {
        let whole = |why: &str| PolicyError { line: 0, source: Cause::new(why) };
        if text.len() > MAX_POLICY {
            return Err(whole("too long"));
        }
        let mut reader = Reader::default();
        for (at, line) in text.split('\n').enumerate() {
            reader.line(line).map_err(|source| PolicyError { line: at + 1, source })?;
        }
        if !reader.has_quorum {
            return Err(whole("no quorum line"));
        }
        Ok(reader.policy)
    }

    /// Counts the cosignatures on `note`, a checkpoint signed by `log`.
    pub fn check(&self, note: &Note, log: &Verifier) -> Quorum {
        let mut result = Quorum { reached: false, cosigned: Vec::new(), invalid: Vec::new(), unchecked: Vec::new() };
        for witness in self.witnesses.iter().filter(|witness| witness.key.raw() != log.public_key()) {
            let Some(key) = witness.key.known() else {
                if note.names(witness.key.name(), witness.key.id()) {
                    result.unchecked.push(witness.name.clone());
                }
                continue;
            };
            match note.verify(key) {
                Ok(time) => result.cosigned.push((witness.name.clone(), time)),
                Err(NoteError::Unsigned(_)) => {}
                Err(_) => result.invalid.push(witness.name.clone()),
            }
        }
        let mut satisfied: BTreeSet<&str> = result.cosigned.iter().map(|(name, _)| name.as_str()).collect();
        // members are defined on earlier lines, so as many rounds as there are groups are enough
        for _ in 0..self.groups.len() {
            for (name, (threshold, members)) in &self.groups {
                if members.iter().filter(|member| satisfied.contains(member.as_str())).count() >= *threshold {
                    satisfied.insert(name);
                }
            }
        }
        result.reached = self.quorum.as_deref().is_none_or(|quorum| satisfied.contains(quorum));
        result
    }
}

#[derive(Default)]
struct Reader {
    policy: Policy,
    names: BTreeSet<String>,
    members: BTreeSet<String>,
    keys: BTreeSet<Vec<u8>>,
    has_quorum: bool,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), Cause> {
        if line.chars().any(|c| c.is_ascii_control() && c != '\t') {
            return Err(Cause::new("control character"));
        }
        let words: Vec<&str> = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
        match words.as_slice() {
            [] => Ok(()),
            [word, ..] if word.starts_with('#') => Ok(()),
            ["log", key] => self.log(key, None),
            ["log", key, url] => self.log(key, Some(url)),
            ["witness", name, key] => self.witness(name, key, None),
            ["witness", name, key, url] => self.witness(name, key, Some(url)),
            ["group", name, threshold, members @ ..] if !members.is_empty() => self.group(name, threshold, members),
            ["quorum", name] => self.quorum(name),
            [word, ..] => Err(Cause::new(format!("`{word}` with {} words", words.len()))),
        }
    }

    /// A key of `kind`, or of a kind that is not known here.
    fn key(&mut self, text: &str, kind: KeyType) -> Result<AnyVerifier, Cause> {
        let key: AnyVerifier = text.parse().map_err(|error: NoteError| Cause::of("the key", error))?;
        if key.known().is_some_and(|key| key.kind() != kind) {
            return Err(Cause::new("the key is of the other kind"));
        }
        if !self.keys.insert(key.raw().to_vec()) {
            return Err(Cause::new("the key is there already"));
        }
        Ok(key)
    }

    fn name(&mut self, name: &str) -> Result<String, Cause> {
        if name == "none" || !self.names.insert(name.to_owned()) {
            return Err(Cause::new(format!("the name {name} is taken")));
        }
        if self.names.len() > MAX_NAMES {
            return Err(Cause::new("too many names"));
        }
        Ok(name.to_owned())
    }

    fn log(&mut self, key: &str, url: Option<&str>) -> Result<(), Cause> {
        let key = self.key(key, KeyType::Ed25519)?;
        if self.policy.logs.len() == MAX_NAMES {
            return Err(Cause::new("too many logs"));
        }
        if let AnyVerifier::Known(key) = key {
            self.policy.logs.push((key, url.map(str::to_owned)));
        }
        Ok(())
    }

    fn witness(&mut self, name: &str, key: &str, url: Option<&str>) -> Result<(), Cause> {
        let key = self.key(key, KeyType::Cosignature)?;
        let name = self.name(name)?;
        self.policy.witnesses.push(Witness { name, key, url: url.map(str::to_owned) });
        Ok(())
    }

    fn group(&mut self, name: &str, threshold: &str, members: &[&str]) -> Result<(), Cause> {
        for member in members {
            if !self.names.contains(*member) {
                return Err(Cause::new(format!("{member} is not defined above")));
            }
            if !self.members.insert((*member).to_owned()) {
                return Err(Cause::new(format!("{member} is a member already")));
            }
        }
        let name = self.name(name)?;
        let threshold = match threshold {
            "all" => members.len(),
            "any" => 1,
            number if !number.starts_with(['0', '+']) => number.parse().map_err(|e| Cause::of("threshold", e))?,
            _ => return Err(Cause::new("threshold")),
        };
        if threshold > members.len() {
            return Err(Cause::new("the threshold can't be reached"));
        }
        self.policy.groups.insert(name, (threshold, members.iter().map(|member| (*member).to_owned()).collect()));
        Ok(())
    }

    fn quorum(&mut self, name: &str) -> Result<(), Cause> {
        if self.has_quorum {
            return Err(Cause::new("a second quorum"));
        }
        self.has_quorum = true;
        if name != "none" {
            if !self.names.contains(name) {
                return Err(Cause::new(format!("{name} is not defined above")));
            }
            self.policy.quorum = Some(name.to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::log::checkpoint::Checkpoint;
    use crate::log::checkpoint::tests::MemoryKey;
    use crate::log::sign::cosign;
    use crate::log::vkey::tests::ml_dsa_44;

    fn witness(seed: u8) -> (MemoryKey, String) {
        let key = MemoryKey::new("w.example", seed);
        let text = Verifier::of(&key, KeyType::Cosignature).unwrap().to_string();
        (key, text)
    }

    #[test]
    fn quorum_counts_nested_groups() {
        let keys: Vec<_> = (10..14).map(witness).collect();
        let log = MemoryKey::new("log.example", 1);
        let log_key = Verifier::of(&log, KeyType::Ed25519).unwrap();
        let mut text = format!("# a comment\nlog {log_key} https://log.example/\n");
        for (at, (_, key)) in keys.iter().enumerate() {
            text += &format!("witness w{at} {key}\n");
        }
        text += "group a any w0 w1\ngroup b 2 a w2 w3\n";
        let both = Policy::parse(&format!("{text}quorum b\n")).unwrap();
        let none = Policy::parse(&format!("{text}quorum none")).unwrap();
        let head = Checkpoint { origin: "log.example".into(), size: 3, root: [1; 32] };
        for set in 0..16u8 {
            let mut note = head.sign(&log).unwrap();
            (0..4).filter(|at| set >> at & 1 == 1).for_each(|at| cosign(&mut note, &keys[at].0, 5).unwrap());
            let want = u8::from(set & 3 != 0) + (set >> 2 & 1) + (set >> 3) >= 2;
            let got = both.check(&note, &log_key);
            assert_eq!((got.reached, got.cosigned.len()), (want, set.count_ones() as usize), "{set:b}");
            assert!(none.check(&note, &log_key).reached);
        }
    }

    #[test]
    fn the_key_of_the_log_never_counts_as_a_witness() {
        let log = MemoryKey::new("log.example", 1);
        let log_key = Verifier::of(&log, KeyType::Ed25519).unwrap();
        let as_witness = Verifier::of(&log, KeyType::Cosignature).unwrap();
        let twice = format!("log {log_key}\nwitness w {as_witness}\nquorum w\n");
        assert_eq!(Policy::parse(&twice).unwrap_err().line, 2);
        let policy = Policy::parse(&format!("witness w {as_witness}\nquorum w\n")).unwrap();
        let mut note = Checkpoint { origin: "log.example".into(), size: 3, root: [1; 32] }.sign(&log).unwrap();
        cosign(&mut note, &log, 5).unwrap();
        assert!(note.verify(&as_witness).is_ok());
        assert!(!policy.check(&note, &log_key).reached);
    }

    #[test]
    fn malformed_policies_are_refused() {
        let (a, b) = (witness(20).1, witness(21).1);
        for text in [
            String::new(),
            "quorum none\nquorum none".into(),
            "quorum w".into(),
            format!("witness w {a}\nwitness w {b}\nquorum w"),
            format!("witness w {a}\nwitness x {a}\nquorum w"),
            format!("log {a}\nquorum none"),
            format!("witness none {a}\nquorum none"),
            format!("witness w {a}\ngroup g 2 w\nquorum g"),
            format!("witness w {a}\ngroup g 0 w\nquorum g"),
            format!("witness w {a}\ngroup g any w w\nquorum g"),
            format!("witness w {a}\ngroup g any w\ngroup h any w\nquorum g"),
            format!("group g any w\nwitness w {a}\nquorum g"),
            format!("witness w {a}\ngroup g any\nquorum w"),
            "quorum none\r\n".into(),
            "frob\nquorum none".into(),
        ] {
            assert!(Policy::parse(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn policy_that_names_keys_of_other_kinds_is_read_and_they_count_for_nothing() {
        let log = MemoryKey::new("log.example", 1);
        let log_key = Verifier::of(&log, KeyType::Ed25519).unwrap();
        let (signer, key) = witness(10);
        let (other, later) = (ml_dsa_44("pq.example"), "later.example+01020304+/gEC");
        let text = format!("log {log_key}\nlog {later}\nwitness w {key}\nwitness pq {other}\ngroup g all w pq\n");
        let policy = Policy::parse(&format!("{text}quorum g\n")).unwrap();
        assert_eq!((policy.logs.len(), policy.witnesses.len()), (1, 2));
        let mut note = Checkpoint { origin: "log.example".into(), size: 3, root: [1; 32] }.sign(&log).unwrap();
        cosign(&mut note, &signer, 5).unwrap();
        let id = other.parse::<AnyVerifier>().unwrap().id();
        let line = [&id[..], &5u64.to_be_bytes(), &[7; 2420]].concat();
        let signed = format!("{note}\u{2014} pq.example {}\n", data_encoding::BASE64.encode(&line));
        let quorum = policy.check(&Note::parse(&signed).unwrap(), &log_key);
        assert!(!quorum.reached, "the group needs one that nobody checked");
        assert_eq!(quorum.unchecked, ["pq"]);
        assert_eq!(quorum.cosigned, [("w".to_owned(), 5)]);
        assert!(quorum.invalid.is_empty());
        let any = Policy::parse(&format!("{}quorum g\n", text.replace("all", "any"))).unwrap();
        assert!(any.check(&Note::parse(&signed).unwrap(), &log_key).reached);
    }

    proptest! {
        #[test]
        fn random_text_never_panics(text in "((log|witness|group|quorum|none|all|[a-c]|[0-9]|#) ?|\n){0,20}") {
            let _ = Policy::parse(&text);
        }
    }
}
