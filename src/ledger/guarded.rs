//! Objects of a running ledger: a write whose result is unknown ends the ledger, whatever was written.
//!
//! After a failed fsync the page cache can't be trusted, so no caller may continue, however small its object. What it is
//! not: handling of failed reads, or of writes that did not happen (`Unavailable`), which is left to the caller.

use std::sync::Arc;

use bytes::Bytes;

use super::Fatal;
use crate::causes::causes;
use crate::store::{ObjectError, Objects};

pub(super) struct Guarded {
    inner: Arc<dyn Objects>,
    fatal: Arc<Fatal>,
}

impl Guarded {
    pub(super) fn new(inner: Arc<dyn Objects>, fatal: Arc<Fatal>) -> Guarded {
        Guarded { inner, fatal }
    }

    fn check(&self, done: Result<(), ObjectError>) -> Result<(), ObjectError> {
        if let Err(error @ ObjectError::Unknown { .. }) = &done {
            self.fatal.raise(&causes(error).to_string());
        }
        done
    }
}

impl Objects for Guarded {
    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), ObjectError> {
        self.check(self.inner.put(path, bytes))
    }

    fn get(&self, path: &str) -> Result<Option<Bytes>, ObjectError> {
        self.inner.get(path)
    }

    fn publish(&self, path: &str, bytes: &[u8]) -> Result<(), ObjectError> {
        self.check(self.inner.publish(path, bytes))
    }

    fn forget(&self, path: &str) -> Result<(), ObjectError> {
        // need not be durable: what a crash leaves is removed later
        self.inner.forget(path)
    }

    fn list(&self, under: &str) -> Result<Vec<(String, u64)>, ObjectError> {
        self.inner.list(under)
    }

    fn free_bytes(&self) -> Option<u64> {
        self.inner.free_bytes()
    }
}
