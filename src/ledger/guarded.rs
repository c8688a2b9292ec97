//! Objects of a running ledger: a write whose result is unknown ends the ledger, whatever was written.
//!
//! After a failed fsync the page cache can't be trusted, so no caller may continue, however small its object. What it is
//! not: handling of failed reads, or of writes that did not happen (`Unavailable`), which is left to the caller.

use std::sync::Arc;

use bytes::Bytes;

use super::Fatal;
use crate::causes::causes;
use crate::store::{Free, ObjectError, Objects, Staged};

pub(super) struct Guarded {
    inner: Arc<dyn Objects>,
    fatal: Arc<Fatal>,
}

impl Guarded {
    pub(super) fn new(inner: Arc<dyn Objects>, fatal: Arc<Fatal>) -> Guarded {
        Guarded { inner, fatal }
    }

    fn check(&self, done: Result<(), ObjectError>) -> Result<(), ObjectError> {
        check(&self.fatal, done)
    }
}

fn check(fatal: &Fatal, done: Result<(), ObjectError>) -> Result<(), ObjectError> {
    if let Err(error @ ObjectError::Unknown { .. }) = &done {
        fatal.raise(&causes(error).to_string());
    }
    done
}

impl Objects for Guarded {
    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), ObjectError> {
        self.check(self.inner.put(path, bytes))
    }

    fn get(&self, path: &str) -> Result<Option<Bytes>, ObjectError> {
        self.inner.get(path)
    }

    fn part(&self, path: &str, from: u64, most: usize) -> Result<Option<(u64, Bytes)>, ObjectError> {
        self.inner.part(path, from, most)
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

    fn stage(self: Arc<Self>) -> Result<Box<dyn Staged>, ObjectError> {
        Ok(Box::new(GuardedStaged { inner: self.inner.clone().stage()?, fatal: self.fatal.clone() }))
    }

    fn free(&self) -> Free {
        self.inner.free()
    }
}

struct GuardedStaged {
    inner: Box<dyn Staged>,
    fatal: Arc<Fatal>,
}

impl Staged for GuardedStaged {
    fn write(&mut self, bytes: &[u8]) -> Result<(), ObjectError> {
        self.inner.write(bytes)
    }

    fn put(&mut self, path: &str) -> Result<(), ObjectError> {
        check(&self.fatal, self.inner.put(path))
    }

    fn publish(&mut self, path: &str) -> Result<(), ObjectError> {
        check(&self.fatal, self.inner.publish(path))
    }
}
