//! Objects of a running ledger: a write that ends in doubt ends the ledger, whoever asked for it.
//!
//! After a failed fsync the page cache can't be trusted, so no caller may go on, however small its object. What it is not:
//! a judgement of reads, or of writes that did not happen (`Unavailable`): those are the caller's.

use std::sync::Arc;

use bytes::Bytes;

use super::Fatal;
use crate::store::{ObjectError, Objects};

pub(super) struct Guarded {
    inner: Arc<dyn Objects>,
    fatal: Arc<Fatal>,
}

impl Guarded {
    pub(super) fn new(inner: Arc<dyn Objects>, fatal: Arc<Fatal>) -> Guarded {
        Guarded { inner, fatal }
    }

    fn told(&self, done: Result<(), ObjectError>) -> Result<(), ObjectError> {
        if let Err(error @ ObjectError::Unknown { .. }) = &done {
            self.fatal.raise(&error.to_string());
        }
        done
    }
}

impl Objects for Guarded {
    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), ObjectError> {
        self.told(self.inner.put(path, bytes))
    }

    fn get(&self, path: &str) -> Result<Option<Bytes>, ObjectError> {
        self.inner.get(path)
    }

    fn publish(&self, path: &str, bytes: &[u8]) -> Result<(), ObjectError> {
        self.told(self.inner.publish(path, bytes))
    }

    fn forget(&self, path: &str) -> Result<(), ObjectError> {
        // need not be durable: what is left over is forgotten again
        self.inner.forget(path)
    }

    fn list(&self, under: &str) -> Result<Vec<(String, u64)>, ObjectError> {
        self.inner.list(under)
    }

    fn free_bytes(&self) -> Option<u64> {
        self.inner.free_bytes()
    }
}
