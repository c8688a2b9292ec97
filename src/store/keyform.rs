//! What a key file holds: the private key, or what it is instead, in a sentence of its own.
//!
//! A byte order mark, blank lines, spaces around lines and line ends of other systems are what editors and mail add: they are ignored.

use ed25519_dalek::SigningKey;
use pkcs8::{DecodePrivateKey, EncryptedPrivateKeyInfoRef, Error, PrivateKeyInfoRef, SecretDocument, pkcs5};
use zeroize::Zeroizing;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const PLAIN: &str = "PRIVATE KEY";
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";
/// Object identifier of Ed25519 (RFC 8410 section 3).
const ED25519: pkcs8::ObjectIdentifier = pkcs8::ObjectIdentifier::new_unwrap("1.3.101.112");

/// Why a file holds no key that can sign here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAKey {
    /// Nothing, or only spaces.
    #[error("the file is empty")]
    Empty,
    /// DER.
    #[error("it is binary (DER); this program reads PEM: convert it with `openssl pkey -inform DER -in FILE -out NEW`")]
    Der,
    /// The format of OpenSSH.
    #[error("it is a key of OpenSSH, which has a format of its own; create one with `jejak key new`")]
    OpenSsh,
    /// More than one.
    #[error("it holds several keys; keep each in a file of its own")]
    Several,
    /// A public key.
    #[error("it is a public key; to sign takes the private key")]
    Public,
    /// A certificate.
    #[error("it is a certificate; to sign takes the private key")]
    Certificate,
    /// A private key in the form of one algorithm, such as RSA.
    #[error(
        "it is a private key in an older format, for another algorithm; this ledger takes Ed25519: create one with `jejak key new`"
    )]
    Older,
    /// PKCS#8, and another algorithm.
    #[error("it is a key of another algorithm; this ledger takes Ed25519: create one with `jejak key new`")]
    OtherAlgorithm,
    /// Not PEM.
    #[error("it is not a PEM file, which begins with -----BEGIN PRIVATE KEY-----")]
    NotPem,
    /// PEM, cut off or altered.
    #[error("its PEM text is damaged or cut off")]
    Damaged,
    /// Encrypted by a method that is not read here.
    #[error(
        "it is encrypted in a way that is not read here; convert it with `openssl pkcs8 -topk8 -scrypt -in FILE -out NEW`"
    )]
    OtherEncryption,
    /// Encrypted, and no passphrase was given.
    #[error("it is encrypted; give its passphrase")]
    NeedsPassphrase,
    /// The passphrase is another.
    #[error("the passphrase does not open it")]
    WrongPassphrase,
}

/// The only PEM block of a file, and its label.
fn block(bytes: &[u8]) -> Result<(String, Zeroizing<String>), NotAKey> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(NotAKey::Empty);
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(if bytes.first() == Some(&0x30) { NotAKey::Der } else { NotAKey::NotPem });
    };
    // a SEQUENCE of less than 128 bytes can be valid UTF-8
    if text.starts_with('0')
        && !text.contains(BEGIN)
        && text.bytes().any(|b| b.is_ascii_control() && !b.is_ascii_whitespace())
    {
        return Err(NotAKey::Der);
    }
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let label_of = |line: &str| line.strip_prefix(BEGIN).map(|label| label.trim_end_matches('-').to_owned());
    let labels: Vec<String> = lines.clone().filter_map(label_of).collect();
    // a public key beside the private one is not a second key to sign with
    let mut private = labels.iter().filter(|label| label.ends_with(PLAIN));
    let Some(label) = private.next().or(labels.first()) else { return Err(NotAKey::NotPem) };
    if private.next().is_some() {
        return Err(NotAKey::Several);
    }
    lines.by_ref().find(|line| label_of(line).as_ref() == Some(label));
    let mut pem = Zeroizing::new(format!("{BEGIN}{label}-----\n"));
    for line in lines {
        pem.push_str(line);
        pem.push('\n');
        if line.starts_with(END) {
            return Ok((label.clone(), pem));
        }
    }
    Err(NotAKey::Damaged)
}

/// The private key that a file holds, opened with `passphrase` if it is encrypted.
///
/// # Errors
/// [`NotAKey`].
pub fn read(bytes: &[u8], passphrase: Option<&[u8]>) -> Result<SigningKey, NotAKey> {
    let (label, pem) = block(bytes)?;
    match label.as_str() {
        PLAIN | ENCRYPTED => {}
        "OPENSSH PRIVATE KEY" => return Err(NotAKey::OpenSsh),
        "PUBLIC KEY" => return Err(NotAKey::Public),
        "CERTIFICATE" => return Err(NotAKey::Certificate),
        other if other.ends_with(PLAIN) => return Err(NotAKey::Older),
        _ => return Err(NotAKey::NotPem),
    }
    let (_, document) = SecretDocument::from_pem(&pem).map_err(|_| NotAKey::Damaged)?;
    if label == PLAIN {
        return signing_key(document.as_bytes());
    }
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes()).map_err(|_| NotAKey::Damaged)?;
    let opened = encrypted.decrypt(passphrase.ok_or(NotAKey::NeedsPassphrase)?);
    let opened = opened.map_err(|error| match error {
        Error::EncryptedPrivateKey(pkcs5::Error::UnsupportedAlgorithm { .. } | pkcs5::Error::NoPbes1CryptSupport) => {
            NotAKey::OtherEncryption
        }
        _ => NotAKey::WrongPassphrase,
    })?;
    signing_key(opened.as_bytes())
}

/// The key of a PKCS#8 document.
fn signing_key(der: &[u8]) -> Result<SigningKey, NotAKey> {
    let info = PrivateKeyInfoRef::try_from(der).map_err(|_| NotAKey::Damaged)?;
    if info.algorithm.oid != ED25519 {
        return Err(NotAKey::OtherAlgorithm);
    }
    SigningKey::from_pkcs8_der(der).map_err(|_| NotAKey::Damaged)
}

#[cfg(test)]
mod tests {
    use pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};

    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn pem() -> String {
        key().to_pkcs8_pem(LineEnding::LF).unwrap().to_string()
    }

    #[test]
    fn what_editors_and_mail_add_is_ignored() {
        let pem = pem();
        let spaced: String = pem.lines().map(|line| format!("\t{line}  \r\n\r\n")).collect();
        for text in [
            pem.clone(),
            format!("\u{feff}{pem}"),
            format!("\n\n{pem}\n\n"),
            pem.replace('\n', "\r\n"),
            spaced,
            format!("My key\n{pem}"),
        ] {
            assert_eq!(read(text.as_bytes(), None).unwrap().to_bytes(), key().to_bytes(), "{text:?}");
        }
        let public = key().verifying_key().to_public_key_pem(LineEnding::LF).unwrap();
        assert!(read(format!("{pem}{public}").as_bytes(), None).is_ok(), "the public key beside it");
    }

    #[test]
    fn each_other_file_has_a_sentence_of_its_own() {
        let pem = pem();
        let der = key().to_pkcs8_der().unwrap();
        let public = key().verifying_key().to_public_key_pem(LineEnding::LF).unwrap();
        // Ed448 is the next object identifier (RFC 8410 section 3)
        let other = pem.replace("BQYDK2Vw", "BQYDK2Vx");
        let labelled = |label: &str| pem.replace(PLAIN, label);
        for (bytes, why) in [
            (b"".to_vec(), NotAKey::Empty),
            (b" \n\n".to_vec(), NotAKey::Empty),
            (der.as_bytes().to_vec(), NotAKey::Der),
            (format!("{pem}{pem}").into_bytes(), NotAKey::Several),
            (public.into_bytes(), NotAKey::Public),
            (labelled("OPENSSH PRIVATE KEY").into_bytes(), NotAKey::OpenSsh),
            (labelled("RSA PRIVATE KEY").into_bytes(), NotAKey::Older),
            (labelled("CERTIFICATE").into_bytes(), NotAKey::Certificate),
            (b"my passphrase".to_vec(), NotAKey::NotPem),
            (vec![0xff, 0xfe, 0x00], NotAKey::NotPem),
            (pem.as_bytes()[..pem.len() - 20].to_vec(), NotAKey::Damaged),
            (other.into_bytes(), NotAKey::OtherAlgorithm),
        ] {
            assert_eq!(read(&bytes, None).unwrap_err(), why, "{}", String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn encrypted_key_opens_with_its_passphrase_only() {
        let pem = key().to_pkcs8_encrypted_pem(b"rahasia desa", LineEnding::LF).unwrap();
        assert_eq!(read(pem.as_bytes(), None).unwrap_err(), NotAKey::NeedsPassphrase);
        assert_eq!(read(pem.as_bytes(), Some(b"wrong")).unwrap_err(), NotAKey::WrongPassphrase);
        assert_eq!(read(pem.as_bytes(), Some(b"rahasia desa")).unwrap().to_bytes(), key().to_bytes());
    }
}
