//! [`super::remote`] of a build without the feature `node`: every address is refused.

use super::audit::Source;
use super::failure::Failure;
use crate::record::RecordId;

fn refused(url: &str) -> Failure {
    Failure::usage(format!("{url}: this build of jejak has no network"))
        .because("it was built without the feature `node`, and reads files only")
        .hint("fetch the files with another program and name them here, or build jejak with its default features")
}

/// Refuses.
///
/// # Errors
/// Always.
pub(super) fn proof(url: &str) -> Result<Vec<Vec<u8>>, Failure> {
    Err(refused(url))
}

/// Refuses.
///
/// # Errors
/// Always.
pub(super) fn record(node: &str, _: &RecordId) -> Result<Vec<u8>, Failure> {
    Err(refused(node))
}

/// Refuses.
///
/// # Errors
/// Always.
pub(super) fn log(url: &str) -> Result<Box<dyn Source>, Failure> {
    Err(refused(url))
}
