//! The options of `jejak serve` for https without a proxy: certificate files, or a domain and an ACME server.

use std::path::{Path, PathBuf};

use clap::Args;

use super::failure::Failure;
use super::output;
use crate::server::settings::Settings;
use crate::server::{Acme, AcmeOptions, Certificates, LETS_ENCRYPT, Tls, TlsError};

/// Where the certificate comes from.
#[derive(Debug, Args)]
pub struct TlsArgs {
    /// Certificate chain (PEM) for HTTPS without a proxy; read again when it changes [default: tls_cert of config.toml]
    #[arg(long, value_name = "FILE", env = "JEJAK_TLS_CERT")]
    pub tls_cert: Option<PathBuf>,
    /// Private key (PEM) of the certificate [default: tls_key of config.toml]
    #[arg(long, value_name = "FILE", env = "JEJAK_TLS_KEY")]
    pub tls_key: Option<PathBuf>,
    /// Domain whose certificate the node asks for and renews by ACME, agreeing to the terms of the ACME server; port 443 of the domain must
    /// lead to the node; repeatable [default: acme_domains of config.toml]
    #[arg(long = "acme-domain", value_name = "DOMAIN", env = "JEJAK_ACME_DOMAINS", value_delimiter = ',')]
    pub acme_domains: Vec<String>,
    /// E-mail address that the ACME server gets; repeatable [default: acme_contact of config.toml]
    #[arg(long = "acme-contact", value_name = "EMAIL", env = "JEJAK_ACME_CONTACT", value_delimiter = ',')]
    pub acme_contact: Vec<String>,
    /// The ACME server's directory [default: acme_directory of config.toml, or Let's Encrypt]
    #[arg(long, value_name = "URL", env = "JEJAK_ACME_DIRECTORY")]
    pub acme_directory: Option<String>,
    /// Certificates (PEM) by which an ACME server of your own is known [default: acme_roots of config.toml, or those of the public web]
    #[arg(long, value_name = "FILE", env = "JEJAK_ACME_ROOTS")]
    pub acme_roots: Option<PathBuf>,
}

impl TlsArgs {
    /// Writes what was given over the settings of the file. Of the two ways to a certificate, the one that was given takes the place of
    /// the one in the file.
    pub fn override_settings(self, settings: &mut Settings) {
        let (files, domains) = (self.tls_cert.is_some() || self.tls_key.is_some(), !self.acme_domains.is_empty());
        if files && !domains {
            settings.acme_domains.clear();
        }
        if domains {
            if !files {
                (settings.tls_cert, settings.tls_key) = (None, None);
            }
            settings.acme_domains = self.acme_domains;
        }
        settings.tls_cert = self.tls_cert.or(settings.tls_cert.take());
        settings.tls_key = self.tls_key.or(settings.tls_key.take());
        if !self.acme_contact.is_empty() {
            settings.acme_contact = self.acme_contact;
        }
        settings.acme_directory = self.acme_directory.or(settings.acme_directory.take());
        settings.acme_roots = self.acme_roots.or(settings.acme_roots.take());
    }
}

/// The parts of the settings that concern TLS.
pub struct TlsSettings {
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    acme: Option<AcmeOptions>,
}

impl TlsSettings {
    /// Takes them. Keys and certificate by ACME are kept in the ledger's directory.
    pub fn take(settings: &mut Settings, dir: &Path) -> TlsSettings {
        let domains = std::mem::take(&mut settings.acme_domains);
        let acme = (!domains.is_empty()).then(|| AcmeOptions {
            domains,
            contact: std::mem::take(&mut settings.acme_contact),
            directory: settings.acme_directory.take().unwrap_or_else(|| LETS_ENCRYPT.to_owned()),
            roots: settings.acme_roots.take(),
            folder: dir.join("acme"),
        });
        TlsSettings { cert: settings.tls_cert.take(), key: settings.tls_key.take(), acme }
    }

    /// Opens what is given; nothing when neither files nor a domain are.
    ///
    /// # Errors
    /// When only half of a pair is given, both ways at once, a domain that the links don't use, or a file that can't be used.
    pub fn open(self, public_url: &str) -> Result<Option<Tls>, Failure> {
        let tls = match (self.cert, self.key, self.acme) {
            (None, None, None) => return Ok(None),
            (None, None, Some(options)) => Tls::Acme(acme(options, public_url)?),
            (Some(cert), Some(key), None) => Tls::Files(Certificates::open(&cert, &key).map_err(|e| {
                Failure::usage("the certificate can't be used").because(e).hint(
                    "both files are PEM, the server's own certificate is the first of its file, and the key is not encrypted",
                )
            })?),
            (_, _, Some(_)) => {
                return Err(Failure::usage("--tls-cert and --acme-domain exclude each other")
                    .hint("give the files of a certificate, or a domain to get one for"));
            }
            (Some(_), None, None) => {
                return Err(Failure::usage("--tls-cert needs --tls-key").hint("give the private key's file too"));
            }
            (None, Some(_), None) => {
                return Err(Failure::usage("--tls-key needs --tls-cert").hint("give the certificate's file too"));
            }
        };
        if !public_url.starts_with("https://") {
            output::warn(format!("the node speaks https, and its links and codes say {public_url}: see --public-url"));
        }
        Ok(Some(tls))
    }
}

fn acme(options: AcmeOptions, public_url: &str) -> Result<std::sync::Arc<Acme>, Failure> {
    for domain in &options.domains {
        if !is_domain(domain) {
            return Err(Failure::usage(format!("{domain:?} is no domain that a certificate can be asked for"))
                .hint("such as jejak.example: letters, digits, hyphens and dots, no wildcard, no address"));
        }
    }
    if !options.directory.starts_with("https://") {
        return Err(Failure::usage("the directory of an ACME server is an address with https")
            .because(format!("{} is given", options.directory)));
    }
    if let Some(address) = options.contact.iter().find(|address| !address.contains('@') || address.contains(':')) {
        return Err(Failure::usage(format!("{address:?} is no e-mail address")).hint("such as admin@jejak.example"));
    }
    let linked = host(public_url);
    if !options.domains.iter().any(|domain| domain.eq_ignore_ascii_case(linked)) {
        return Err(Failure::usage(format!("no certificate would be asked for {linked}, which links and codes use"))
            .hint("give --public-url with one of the domains, or its domain as --acme-domain"));
    }
    Acme::open(options).map_err(|e| {
        let wrong_roots = matches!(e, TlsError::Pem { .. } | TlsError::Empty { .. });
        let failure = Failure::usage("certificates by ACME can't be used").because(e);
        if wrong_roots { failure.hint("--acme-roots is a PEM file of certificates") } else { failure }
    })
}

/// The host of a web address.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    authority.rsplit_once(':').map_or(authority, |(host, _)| host)
}

/// Whether a certificate can be asked for it by `tls-alpn-01`: a host name (RFC 1123, section 2.1) with at least two labels, the last
/// of which is no number.
fn is_domain(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let labels: Vec<&str> = name.split('.').collect();
    let numeric = labels.last().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    name.len() <= 253 && labels.len() >= 2 && labels.iter().all(|label| is_label(label)) && !numeric
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_asked_for_host_names_only() {
        for name in ["jejak.example", "a.b-c.example", "xn--80ak6aa92e.example", "JEJAK.example"] {
            assert!(is_domain(name), "{name}");
        }
        let long = format!("{}.example", "a".repeat(64));
        for name in [
            "",
            "localhost",
            "*.jejak.example",
            "127.0.0.1",
            "[::1]",
            "jejak.example.",
            "-a.example",
            "a_b.example",
            "a b.example",
            &long,
        ] {
            assert!(!is_domain(name), "{name}");
        }
    }

    #[test]
    fn way_that_is_given_takes_the_place_of_the_one_in_the_file() {
        let given = |cert: Option<&str>, domains: &[&str]| TlsArgs {
            tls_cert: cert.map(PathBuf::from),
            tls_key: cert.map(PathBuf::from),
            acme_domains: domains.iter().map(|domain| (*domain).to_owned()).collect(),
            acme_contact: vec![],
            acme_directory: None,
            acme_roots: None,
        };
        let file = || Settings { tls_cert: Some("c".into()), tls_key: Some("k".into()), ..Settings::default() };
        let mut settings = file();
        given(None, &["jejak.example"]).override_settings(&mut settings);
        assert_eq!((settings.tls_cert, settings.acme_domains), (None, vec!["jejak.example".to_owned()]));
        let mut settings = Settings { acme_domains: vec!["jejak.example".into()], ..Settings::default() };
        given(Some("c"), &[]).override_settings(&mut settings);
        assert_eq!((settings.tls_cert, settings.acme_domains), (Some("c".into()), vec![]));
        let mut settings = file();
        given(None, &[]).override_settings(&mut settings);
        assert_eq!(settings, file());
    }

    #[test]
    fn host_of_a_web_address_is_without_port_and_path() {
        for url in ["https://jejak.example", "https://jejak.example:8443/x", "http://jejak.example/a:b"] {
            assert_eq!(host(url), "jejak.example", "{url}");
        }
    }
}
