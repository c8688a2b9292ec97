//! Private keys on disk: PKCS#8 PEM (RFC 5958), encrypted (PBES2 of RFC 8018) unless the caller says otherwise, mode 0600, written once
//! and never overwritten.
//!
//! The passphrase is stretched by PBKDF2-HMAC-SHA-256, because that is what browsers have: the desk opens the same file. scrypt would cost
//! an attacker more, and no WebCrypto has it. Files that an earlier version or OpenSSL encrypted with scrypt are read here all the same.
//!
//! PKCS#8 **version 1**, without the public key: OpenSSL 3.0 and WebCrypto refuse version 2. Keys are never logged or
//! printed, and every buffer that held one is zeroized. What it is not: signing (`ledger::sign`, `record::sign`).

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::KeypairBytes;
use pkcs8::pkcs5::pbes2;
use pkcs8::{EncodePrivateKey, LineEnding, PrivateKeyInfoRef};
use zeroize::{Zeroize, Zeroizing};

use super::keyform::{self, NotAKey};

/// Why a key file can't be written or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file system.
    #[error("{path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The error.
        source: io::Error,
    },
    /// A key file must not be readable by others.
    #[error("{0}: others may read it; run chmod 600 on it")]
    Exposed(PathBuf),
    /// The file holds no key, or it does not open.
    #[error("{path}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What it holds instead.
        source: NotAKey,
    },
    /// The key could not be encrypted.
    #[error("the key can't be written as PKCS#8")]
    Encode(#[source] pkcs8::Error),
    /// The operating system has no randomness.
    #[error("no randomness from the operating system")]
    Random,
}

fn io_at(path: &Path) -> impl Fn(io::Error) -> KeyFileError + '_ {
    move |source| KeyFileError::Io { path: path.to_owned(), source }
}

/// Creates a key from the operating system's random source.
///
/// # Errors
/// [`KeyFileError::Random`].
pub fn generate() -> Result<SigningKey, KeyFileError> {
    let mut seed = Zeroizing::new([0u8; 32]);
    getrandom::fill(&mut *seed).map_err(|_| KeyFileError::Random)?;
    Ok(SigningKey::from_bytes(&seed))
}

/// Rounds of PBKDF2-HMAC-SHA-256: what the OWASP Password Storage Cheat Sheet asks for.
const ROUNDS: u32 = 600_000;

/// Salt and initialization vector of this file only.
fn encryption() -> Result<pbes2::Parameters, KeyFileError> {
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    getrandom::fill(&mut salt).and_then(|()| getrandom::fill(&mut iv)).map_err(|_| KeyFileError::Random)?;
    pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(ROUNDS, &salt, iv)
        .map_err(|error| KeyFileError::Encode(error.into()))
}

fn encrypted(key: &KeypairBytes, passphrase: &[u8]) -> Result<Zeroizing<String>, KeyFileError> {
    let parameters = encryption()?;
    let pem = || {
        let der = key.to_pkcs8_der()?;
        let sealed = PrivateKeyInfoRef::try_from(der.as_bytes())?.encrypt_with_params(parameters, passphrase)?;
        Ok(sealed.to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF)?)
    };
    pem().map_err(KeyFileError::Encode)
}

/// Writes `key` to a new file, encrypted under `passphrase`, or unencrypted without one.
///
/// # Errors
/// [`KeyFileError::Io`], also when the file exists already: a key is never overwritten.
pub fn write(path: &Path, key: &SigningKey, passphrase: Option<&[u8]>) -> Result<(), KeyFileError> {
    let mut bytes = KeypairBytes { secret_key: key.to_bytes(), public_key: None };
    let pem = match passphrase {
        Some(passphrase) => encrypted(&bytes, passphrase),
        None => bytes.to_pkcs8_pem(LineEnding::LF).map_err(KeyFileError::Encode),
    };
    bytes.secret_key.zeroize();
    create_private(path, pem?.as_bytes()).map_err(io_at(path))
}

/// Writes a new file that only its owner may read, durably.
///
/// # Errors
/// Any I/O error; `AlreadyExists` when there is such a file.
pub fn create_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(parent)?.sync_all()
}

/// Checks that a key file can be read, and only by its owner.
///
/// # Errors
/// [`KeyFileError::Io`], [`KeyFileError::Exposed`].
pub fn look(path: &Path) -> Result<(), KeyFileError> {
    let mode = fs::metadata(path).map_err(io_at(path))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Exposed(path.to_owned()));
    }
    fs::File::open(path).map(drop).map_err(io_at(path))
}

/// Reads a key file.
///
/// # Errors
/// [`KeyFileError`].
pub fn read(path: &Path, passphrase: Option<&[u8]>) -> Result<SigningKey, KeyFileError> {
    look(path)?;
    let bytes = Zeroizing::new(fs::read(path).map_err(io_at(path))?);
    keyform::read(&bytes, passphrase).map_err(|source| KeyFileError::Content { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    #[ignore = "needs OpenSSL, which scripts/test.sh installs"]
    fn openssl_reads_written_keys() {
        let dir = tempfile::tempdir().unwrap();
        let key = generate().unwrap();
        for (name, passphrase) in [("clear.pem", None), ("closed.pem", Some(&b"rahasia desa"[..]))] {
            let path = dir.path().join(name);
            write(&path, &key, passphrase).unwrap();
            let out = Command::new("openssl")
                .args(["pkey", "-pubout", "-outform", "DER", "-passin", "pass:rahasia desa", "-in"])
                .arg(&path)
                .output()
                .unwrap();
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            assert!(out.stdout.ends_with(&key.verifying_key().to_bytes()), "the same key");
        }
    }

    #[test]
    fn written_keys_are_read_back_and_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let key = generate().unwrap();
        for (name, passphrase) in [("clear.pem", None), ("closed.pem", Some(&b"rahasia desa"[..]))] {
            let path = dir.path().join(name);
            write(&path, &key, passphrase).unwrap();
            assert_eq!(read(&path, passphrase).unwrap().to_bytes(), key.to_bytes());
            assert!(write(&path, &key, passphrase).is_err(), "a key is never overwritten");
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let closed = dir.path().join("closed.pem");
        let why = |read: Result<SigningKey, KeyFileError>| match read {
            Err(KeyFileError::Content { source, .. }) => source,
            other => panic!("{other:?}"),
        };
        assert_eq!(why(read(&closed, Some(b"wrong"))), NotAKey::WrongPassphrase);
        assert_eq!(why(read(&closed, None)), NotAKey::NeedsPassphrase);
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(read(&closed, Some(b"rahasia desa")), Err(KeyFileError::Exposed(_))));
    }
}
