//! The parts that [`doctor`](super::doctor) reports on.

use serde::{Serialize, Serializer};

/// A part of a ledger directory that is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// `config.toml`.
    Config,
    /// The node's keys.
    Keys,
    /// Whether another process runs.
    Lock,
    /// What the journal must hold.
    Floor,
    /// Frames of the journal.
    Journal,
    /// Form and signature of each record.
    Records,
    /// The root of each frame.
    Tree,
    /// Published tiles and bundles.
    Log,
    /// The signed head.
    Checkpoint,
    /// The lines of the history.
    History,
    /// Evidence blobs, those in quarantine too.
    Evidence,
    /// Other objects: commodity profiles, marks of blobs that were taken down.
    Objects,
    /// What only this node knows.
    Register,
    /// Whether each record follows the rules.
    Rules,
    /// The rows.
    Index,
}

impl Part {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Part::Config => "config",
            Part::Keys => "keys",
            Part::Lock => "lock",
            Part::Floor => "floor",
            Part::Journal => "journal",
            Part::Records => "records",
            Part::Tree => "tree",
            Part::Log => "log",
            Part::Checkpoint => "checkpoint",
            Part::History => "history",
            Part::Evidence => "evidence",
            Part::Objects => "objects",
            Part::Register => "register",
            Part::Rules => "rules",
            Part::Index => "index",
        }
    }
}

impl Serialize for Part {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
