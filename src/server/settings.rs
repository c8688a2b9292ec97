//! `[server]` of `config.toml`, with the environment over it: how a node is served. A name that is not known is refused, so that
//! a slip in it is not taken for a setting.

use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;

use super::{Config, Limits};

/// A limit's variable is this and its name in capitals: `JEJAK_LIMIT_WRITE_MS`.
pub const LIMIT_VARIABLE: &str = "JEJAK_LIMIT_";

/// The table `[server]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What QR codes and links show; that of the ledger without it.
    pub public_url: Option<String>,
    /// Where `/metrics` listens; on the main listener without it.
    pub metrics: Option<SocketAddr>,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Limits.
    pub limits: Limits,
}

impl Settings {
    /// Reads the table; variables of `environment` that name a limit go before it.
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

    /// How a node is served by these settings, with the ledger's own public URL where they name none.
    pub fn config(self, public_url: &str) -> Config {
        let public_url = self.public_url.as_deref().unwrap_or(public_url).trim_end_matches('/').to_owned();
        Config { public_url, limits: self.limits, trusted_proxies: self.trusted_proxies, metrics: self.metrics }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_environment_goes_before_the_file_and_slips_are_told() {
        let table: toml::Table = "public_url = \"https://a.example/\"\ntrusted_proxies = [\"10.0.0.1\"]\n\
                                  [limits]\nconnections = 9\nwrite_ms = 500\n"
            .parse()
            .unwrap();
        let variable = |name: &str, value: &str| [(name.to_owned(), value.to_owned())];
        let read =
            Settings::read(&table, variable("JEJAK_LIMIT_CONNECTIONS", "12")).unwrap().config("https://b.example");
        assert_eq!(read.public_url, "https://a.example");
        assert_eq!((read.limits.connections, read.limits.write_time), (12, Duration::from_millis(500)));
        assert_eq!(read.trusted_proxies, ["10.0.0.1".parse::<IpAddr>().unwrap()]);
        let plain = Settings::read(&toml::Table::new(), variable("JEJAK_LIMIT_READS", "")).unwrap();
        assert_eq!(plain, Settings::default());
        let slip = |table: &str, name: &str, value: &str| {
            Settings::read(&table.parse().unwrap(), variable(name, value)).unwrap_err()
        };
        assert!(slip("trusted_proxy = []", "HOME", "/").contains("trusted_proxy"));
        assert!(slip("[limits]\nconections = 3", "HOME", "/").contains("conections"));
        assert!(slip("", "JEJAK_LIMIT_CONECTIONS", "3").contains("conections"));
        assert!(slip("", "JEJAK_LIMIT_CONNECTIONS", "many").contains("JEJAK_LIMIT_CONNECTIONS"));
    }
}
