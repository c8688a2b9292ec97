//! A file by which goods are judged, of either kind: a commodity profile, or a specification that a party adopted.
//!
//! Statements name both by the hash of their bytes, which are mandatory objects of the log. What it is not: what is in force, which is
//! on the log.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::profile::{Profile, ProfileError};
use super::specification::Specification;

/// A file by which goods are judged.
#[derive(Debug, Clone, PartialEq)]
pub enum Criteria {
    /// A commodity profile.
    Profile(Arc<Profile>),
    /// A specification of a party.
    Specification(Arc<Specification>),
}

impl Criteria {
    /// Reads a file of either kind.
    ///
    /// # Errors
    /// [`ProfileError`], as of the kind that it looks like.
    pub fn from_json(bytes: &[u8]) -> Result<Criteria, ProfileError> {
        // a specification is for a commodity, a profile is of one
        #[derive(Deserialize)]
        struct Kind {
            commodity: Option<IgnoredAny>,
        }
        if serde_json::from_slice::<Kind>(bytes).is_ok_and(|kind| kind.commodity.is_some()) {
            return Specification::from_json(bytes).map(|read| Criteria::Specification(Arc::new(read)));
        }
        Profile::from_json(bytes).map(|read| Criteria::Profile(read.shared()))
    }
}
