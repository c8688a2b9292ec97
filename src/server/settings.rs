//! `[server]` of `config.toml`, overridden by the environment. Unknown names are refused, so that a misspelt setting is
//! noticed.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use serde::Deserialize;

use super::{ClientHeader, Config, Limits};

/// The variable of a limit is this and its name in capitals: `JEJAK_LIMIT_WRITE_MS`.
pub const LIMIT_VARIABLE: &str = "JEJAK_LIMIT_";

/// The table `[server]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What QR codes and links show; by default the ledger's own.
    pub public_url: Option<String>,
    /// Where `/metrics` listens; on the main listener without it.
    pub metrics: Option<SocketAddr>,
    /// Peers whose forwarded client address is used.
    pub trusted_proxies: Vec<IpAddr>,
    /// The header that they write.
    pub client_header: ClientHeader,
    /// Certificate chain, PEM: with it and `tls_key` the node serves https.
    pub tls_cert: Option<PathBuf>,
    /// Its private key, PEM.
    pub tls_key: Option<PathBuf>,
    /// Domains of a certificate that the node asks for itself (ACME).
    pub acme_domains: Vec<String>,
    /// E-mail addresses that the ACME server gets.
    pub acme_contact: Vec<String>,
    /// The ACME server's directory.
    pub acme_directory: Option<String>,
    /// Certificates (PEM) that the ACME server is known by.
    pub acme_roots: Option<PathBuf>,
    /// Limits.
    pub limits: Limits,
}

/// The address that QR codes and links show, without the slash at its end: http or https, a host, a port and a path. It
/// is in every printed code, so it must stay valid with a path appended.
///
/// # Errors
/// A sentence.
pub fn public_url(text: &str) -> Result<String, String> {
    let wrong = |why: &str| Err(format!("{text:?} is no web address for links: {why}"));
    let url = text.trim_end_matches('/');
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else {
        return wrong("it begins with https:// or http://, such as https://jejak.example");
    };
    if let Some(odd) = url.chars().find(|c| !(c.is_ascii_alphanumeric() || "-._~:/[]%!$&'()*+,;=".contains(*c))) {
        return wrong(&format!("{odd:?} has no place in it"));
    }
    let host = rest.split('/').next().unwrap_or_default();
    let parsed = format!("http://{host}/").parse::<axum::http::Uri>();
    match parsed.as_ref().ok().and_then(|uri| uri.authority()) {
        Some(authority) if !authority.host().trim_matches(['[', ']', '.']).is_empty() => {}
        _ => return wrong("a host is missing, such as jejak.example"),
    }
    let port = host.rsplit_once(']').map_or(host, |(_, port)| port).rsplit_once(':').map(|(_, port)| port);
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return wrong("its port is no number");
    }
    Ok(url.to_owned())
}

impl Settings {
    /// Reads the table; variables in `environment` take precedence.
    ///
    /// # Errors
    /// A sentence that names what is wrong.
    pub fn read(
        table: &toml::Table,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Settings, String> {
        let mut table = table.clone();
        let limits = table.entry("limits").or_insert_with(|| toml::Table::new().into());
        for (variable, value) in environment {
            let Some(name) = variable.strip_prefix(LIMIT_VARIABLE) else { continue };
            if value.is_empty() {
                continue;
            }
            let number: i64 = value.parse().map_err(|_| format!("{variable} is {value:?}, which is no number"))?;
            if let Some(limits) = limits.as_table_mut() {
                limits.insert(name.to_ascii_lowercase(), number.into());
            }
        }
        table.try_into().map_err(|e: toml::de::Error| format!("[server]: {}", e.message()))
    }

    /// The configuration of the server, with the ledger's public URL as default.
    ///
    /// # Errors
    /// A sentence, as [`public_url`].
    pub fn config(self, ledgers: &str) -> Result<Config, String> {
        let url =
            public_url(self.public_url.as_deref().unwrap_or(ledgers)).map_err(|why| format!("public_url: {why}"))?;
        let Settings { metrics, trusted_proxies, client_header, limits, .. } = self;
        // the caller opens the certificate
        Ok(Config { public_url: url, limits, trusted_proxies, client_header, metrics, tls: None })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn public_url_that_would_break_printed_codes_is_refused() {
        for (text, url) in [
            ("https://jejak.example/", "https://jejak.example"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080/x", "http://[::1]:8080/x"),
            ("https://x.example/shop/", "https://x.example/shop"),
        ] {
            assert_eq!(public_url(text).unwrap(), url);
        }
        for text in [
            "",
            "foo",
            "foo bar",
            "jejak.example",
            "http://",
            "http:///x",
            "https://:80",
            "http://h/?x=1",
            "http://h#a",
            "http://a b",
            "http://user@h",
            "http://h:x",
            "http://h:99999",
            "ftp://h",
            "https://h/\"x",
        ] {
            let error = public_url(text).unwrap_err();
            assert!(error.contains("web address"), "{text}: {error}");
            let settings = Settings { public_url: Some(text.into()), ..Settings::default() };
            assert!(settings.config("https://a.example").is_err());
        }
    }

    #[test]
    fn environment_overrides_the_file_and_misspelt_settings_are_named() {
        let table: toml::Table = "public_url = \"https://a.example/\"\ntrusted_proxies = [\"10.0.0.1\"]\n\
                                  [limits]\nconnections = 9\nwrite_ms = 500\n"
            .parse()
            .unwrap();
        let variable = |name: &str, value: &str| [(name.to_owned(), value.to_owned())];
        let read = Settings::read(&table, variable("JEJAK_LIMIT_CONNECTIONS", "12"))
            .unwrap()
            .config("https://b.example")
            .unwrap();
        assert_eq!(read.public_url, "https://a.example");
        assert_eq!((read.limits.connections, read.limits.write_time), (12, Duration::from_millis(500)));
        assert_eq!(read.trusted_proxies, ["10.0.0.1".parse::<IpAddr>().unwrap()]);
        let plain = Settings::read(&toml::Table::new(), variable("JEJAK_LIMIT_READS", "")).unwrap();
        assert_eq!(plain, Settings::default());
        let refused = |table: &str, name: &str, value: &str| {
            Settings::read(&table.parse().unwrap(), variable(name, value)).unwrap_err()
        };
        assert!(refused("client_header = \"via\"", "HOME", "/").contains("via"));
        assert!(refused("trusted_proxy = []", "HOME", "/").contains("trusted_proxy"));
        assert!(refused("[limits]\nconections = 3", "HOME", "/").contains("conections"));
        assert!(refused("", "JEJAK_LIMIT_CONECTIONS", "3").contains("conections"));
        assert!(refused("", "JEJAK_LIMIT_CONNECTIONS", "many").contains("JEJAK_LIMIT_CONNECTIONS"));
    }
}
