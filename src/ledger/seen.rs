//! Whether this log extends the head that a record names (`record::Seen`). If not, its signer was shown another history than this one, by
//! this node or a copy of it: the record is refused, and the signer holds the proof.
//!
//! Checked at admission, in parallel, for keys that a party has registered; a replay does not repeat it, an audit and a proof do (`proof`).

use super::query::ObjectTiles;
use super::{Shared, SubmitError};
use crate::causes::causes;
use crate::chain::{Rejection, Rule};
use crate::log::Hash;
use crate::log::merkle::consistency_verify;
use crate::log::prove::{consistency_proof, root};
use crate::log::publish::TileReader;
use crate::record::{Record, Seen};

/// Roots of earlier sizes that are kept: devices name few heads, those that they fetched last.
pub(super) const KEPT: usize = 1_024;

impl Shared {
    /// Why a record is refused by what its signer had seen.
    ///
    /// # Errors
    /// [`SubmitError::Rejected`], or [`SubmitError::Busy`] while the published tree is damaged and being repaired: a damaged tile accuses
    /// nobody.
    pub(super) fn extends(&self, record: &Record) -> Result<(), SubmitError> {
        let Some(seen) = record.claims.seen else { return Ok(()) };
        let published = self.published.borrow().clone();
        let (size, newest) = published.as_ref().map_or((0, [0; 32]), |head| (head.size, head.root));
        let root = match seen.size {
            beyond if beyond > size => return Err(beyond_this_log(seen, size).into()),
            _ if seen.size == size => newest,
            _ => match self.earlier_roots.get(&seen.size) {
                Some(root) => root,
                None => self.root_at(seen, size, &newest)?,
            },
        };
        if root == seen.root { Ok(()) } else { Err(another_history(seen).into()) }
    }

    /// The root that the published tree, of `published` entries and root `newest`, had at the size of `seen`. If it is not the one of `seen`,
    /// the tiles must prove that the published tree extends it.
    fn root_at(&self, seen: Seen, published: u64, newest: &Hash) -> Result<Hash, SubmitError> {
        let tiles = ObjectTiles::new(&*self.log);
        let nodes = TileReader::new(&tiles, published);
        let damaged = |error: &(dyn std::error::Error + 'static)| {
            tracing::error!(error = %causes(error), size = seen.size, "the published tree is damaged");
            self.distrust_log();
            SubmitError::Busy
        };
        let earlier = root(seen.size, &nodes).map_err(|error| damaged(&error))?;
        if earlier != seen.root {
            let proof = consistency_proof(seen.size, published, &nodes).map_err(|error| damaged(&error))?;
            consistency_verify(seen.size, published, &proof, &earlier, newest).map_err(|error| damaged(&error))?;
        }
        self.earlier_roots.insert(seen.size, earlier);
        Ok(earlier)
    }
}

fn another_history(seen: Seen) -> Rejection {
    let detail = format!(
        "this log had another root at {} entries than the head that the record names: its signer was shown another history. Keep \
         that signed checkpoint: it proves the split",
        seen.size
    );
    Rejection::new(Rule::SeenAnotherHistory, detail).arg("size", seen.size)
}

fn beyond_this_log(seen: Seen, size: u64) -> Rejection {
    let detail = format!(
        "the record names a head of {} entries, this log has published {size}: an older copy of it is running, or another log. Keep \
         that signed checkpoint",
        seen.size
    );
    // the entries may come back from a mirror
    Rejection::new(Rule::SeenAnotherHistory, detail).arg("size", seen.size).retryable()
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;

    use super::*;
    use crate::ledger::{InitKeys, InitOptions, Ledger, Limits, Options};
    use crate::record::registry::{Key, Names, Party, Purpose, Role, Statement};
    use crate::record::{ContentType, PublicKey, SignerClaims, prove_possession, sign};

    const AUTHORITY: &str = "urn:jejak:party:authority";
    const BUYER: &str = "urn:jejak:party:buyer";

    fn party(uri: &str, role: Role) -> Party {
        Party::new(uri, Names::english(uri), &[role], "ID")
    }

    struct World {
        ledger: Ledger,
        authority: SigningKey,
        _dir: tempfile::TempDir,
    }

    impl World {
        /// A ledger that has published its first entries.
        fn founded() -> World {
            let dir = tempfile::tempdir().unwrap();
            let keys = InitKeys::from_seed(&[7; 32]);
            let authority = keys.authority[1].clone();
            let options = InitOptions {
                origin: "ledger.example".into(),
                public_url: "https://ledger.example".into(),
                authority: party(AUTHORITY, Role::Authority),
                operator: party("urn:jejak:party:node", Role::Operator),
                keys,
                limits: Limits::default(),
                profiles_from: 0,
            };
            Ledger::init(dir.path(), &options, &Options::default()).unwrap();
            let ledger = Ledger::open(dir.path(), &Options::default()).unwrap();
            World { ledger, authority, _dir: dir }
        }

        fn signed(&self, key: &SigningKey, iss: &str, seq: u64, seen: Option<Seen>, statement: &Statement) -> Vec<u8> {
            let iat = self.ledger.now();
            let claims = SignerClaims { iss, aud: self.ledger.id(), iat, seq, seen };
            sign(key, &claims, ContentType::Registry, statement.to_json().unwrap().as_bytes()).unwrap()
        }

        /// Heads that were looked up in the tiles, and signers' keys that are kept.
        fn kept(&self) -> (usize, usize) {
            let shared = &self.ledger.inner.shared;
            (shared.earlier_roots.len(), shared.verifying_keys.len())
        }
    }

    fn rule(answer: &Result<super::super::Ack, SubmitError>) -> Option<Rule> {
        match answer {
            Err(SubmitError::Rejected(rejection)) => Some(rejection.rule),
            _ => None,
        }
    }

    #[test]
    fn key_that_nobody_registered_causes_no_tile_reads_and_displaces_no_kept_key() {
        let w = World::founded();
        assert!(w.ledger.checkpoint().unwrap().size > 3, "smaller heads are looked up in the tiles");
        let enrols = |uri: &str| Statement::Party(party(uri, Role::Buyer));
        let seen = Some(Seen { size: 2, root: [9; 32] });
        let before = w.kept();
        for seed in 50..60 {
            let stranger = SigningKey::from_bytes(&[seed; 32]);
            let record = w.signed(&stranger, AUTHORITY, 1, seen, &enrols(BUYER));
            assert_eq!(rule(&w.ledger.submit_blocking(record.into())), Some(Rule::KeyUnknown));
        }
        assert_eq!(w.kept(), before);
        // the answer to a key of the ledger
        let record = w.signed(&w.authority, AUTHORITY, 1, seen, &enrols(BUYER));
        assert_eq!(rule(&w.ledger.submit_blocking(record.into())), Some(Rule::SeenAnotherHistory));
        assert_eq!(w.kept(), (before.0 + 1, before.1 + 1));
        let head = w.ledger.checkpoint().unwrap();
        let seen = Some(Seen { size: head.size, root: head.root });
        let record = w.signed(&w.authority, AUTHORITY, 1, seen, &enrols(BUYER));
        w.ledger.submit_blocking(record.into()).unwrap();
        w.ledger.shutdown();
    }

    #[test]
    fn head_that_a_key_of_the_same_batch_had_seen_is_looked_at() {
        let w = World::founded();
        let key = SigningKey::from_bytes(&[60; 32]);
        let statement = |key: &SigningKey, purpose| {
            Statement::Key(Key {
                party: BUYER.into(),
                key: PublicKey(key.verifying_key().to_bytes()),
                purpose,
                possession: prove_possession(key, w.ledger.id(), BUYER, purpose),
                label: None,
            })
        };
        let second = SigningKey::from_bytes(&[61; 32]);
        let seen = Some(Seen { size: 2, root: [9; 32] });
        let all = vec![
            w.signed(&w.authority, AUTHORITY, 1, None, &Statement::Party(party(BUYER, Role::Buyer))).into(),
            w.signed(&w.authority, AUTHORITY, 2, None, &statement(&key, Purpose::Admin)).into(),
            w.signed(&key, BUYER, 1, seen, &statement(&second, Purpose::Event)).into(),
        ];
        let answers = w.ledger.submit_many_blocking(all);
        assert!(answers[0].is_ok() && answers[1].is_ok(), "{answers:?}");
        assert_eq!(rule(&answers[2]), Some(Rule::SeenAnotherHistory), "{answers:?}");
        w.ledger.shutdown();
    }
}
