//! The demo's four chains on a ledger of its own, published, without a server.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use jejak::cli::demo::{self, seed::Submitter, world};
use jejak::gs1::LotId;
use jejak::ledger::{InitKeys, InitOptions, Ledger, Limits, Options};
use jejak::proof::Trust;
use jejak::record::registry::{Party, Role};

struct Straight(Ledger);

impl Submitter for Straight {
    fn submit(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.0.submit_blocking(Bytes::copy_from_slice(bytes))?;
        Ok(())
    }

    fn upload(&mut self, hash: &str, bytes: &[u8], party: &str, _: &SigningKey) -> anyhow::Result<()> {
        self.0.evidence_hand_in(party, &hash.parse()?, bytes)?;
        Ok(())
    }
}

fn party(n: u32, role: Role) -> Party {
    let name = jejak::names::Names::english(format!("party {n}"));
    let prefixes = if role == Role::Authority { vec![world::PREFIX.into()] } else { vec![] };
    Party { prefixes, demo: true, ..Party::new(world::party(n).unwrap(), name, &[role], "ID") }
}

/// Every key of the ledger that [`demo_ledger`] makes.
pub fn keys() -> InitKeys {
    InitKeys::from_seed(&[5; 32])
}

/// The ledger in `dir/ledger`, and the lots of its chains.
pub fn demo_ledger(dir: &Path) -> (Ledger, Vec<LotId>) {
    let keys = keys();
    let second = keys.authority[1].clone();
    let init = InitOptions {
        origin: "proof.example/log".into(),
        public_url: "http://localhost".into(),
        authority: party(1, Role::Authority),
        operator: party(2, Role::Operator),
        keys,
        limits: Limits { publish_every_ms: 50, ..Limits::default() },
        profiles_from: 0,
    };
    Ledger::init(&dir.join("ledger"), &init, &Options::default()).unwrap();
    let ledger = Ledger::open(&dir.join("ledger"), &Options::default()).unwrap();
    let mut door = Straight(ledger.clone());
    let lots = demo::seed_with(&mut door, &dir.join("demo"), ledger.id(), second).unwrap();
    let last = ledger.size() - 1;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert!(runtime.block_on(ledger.wait_published(last, Duration::from_secs(20))));
    (ledger, lots)
}

pub fn pinned(ledger: &Ledger) -> Trust {
    Trust::pinned(ledger.id(), ledger.verifier().unwrap())
}
