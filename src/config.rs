//! Settings, all from the environment; `.env.example` documents each.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::accounts::{PasskeySite, breached};
use crate::database::DatabaseSettings;
use crate::safety;
use crate::secrets::KeySettings;
use crate::web::visits::VisitSettings;

/// What the program was told by its environment.
#[derive(Clone)]
pub struct Config {
    /// `HUIFA_LISTEN`: the address pages are served on.
    pub listen: SocketAddr,
    /// `HUIFA_WATCH_LISTEN`: the address of health and metrics; none means that they are not served.
    pub watch: Option<SocketAddr>,
    /// `HUIFA_PUBLIC_URL`: how people reach it; https switches secure cookies on.
    pub public_url: Option<String>,
    /// Cookies only over TLS.
    pub secure_cookies: bool,
    /// `HUIFA_BEHIND_PROXY`: the last address of X-Forwarded-For is believed.
    pub behind_proxy: bool,
    /// `DATABASE_URL` or the file that `HUIFA_DATABASE_URL_FILE` names: a server of one's own;
    /// without either the private cluster is used.
    pub database_url: Option<String>,
    /// `HUIFA_MIGRATION_URL`: the same database as the role that owns the schema.
    pub migration_url: Option<String>,
    /// `HUIFA_DATA_DIR`: where the private cluster and the key lie.
    pub data_dir: Option<PathBuf>,
    /// `HUIFA_UPLOAD_DIR`: where scans lie; `uploads` beside the private cluster without it.
    pub uploads: Option<PathBuf>,
    /// `HUIFA_PG_BIN`: the folder of the PostgreSQL binaries.
    pub pg_bin: Option<PathBuf>,
    /// `HUIFA_KEY_FILE` or `HUIFA_KEY`: the key that seals personal data.
    pub key: KeySettings,
    /// `HUIFA_DATABASE_CONNECTIONS`: the pool's size.
    pub connections: u32,
    /// The dangers that `HUIFA_ALLOW_…` settings let pass.
    pub allowed: Vec<&'static str>,
    /// `HUIFA_BREACHED_PASSWORDS`: a list of passwords known from breaches, for new passwords.
    pub breached_passwords: Option<PathBuf>,
    /// How often public forms and pages may be asked for; the settings are named there.
    pub visits: VisitSettings,
    /// `HUIFA_SECOND_FACTOR_FOR_ALL`: every account signs in with a second factor, not only
    /// those who keep the system, approve and pay.
    pub second_factor_for_all: bool,
    /// `HUIFA_DEMO_SECOND_FACTOR`: the demonstration asks for second factors as real work does.
    pub demonstration_second_factor: bool,
}

impl std::fmt::Debug for Config {
    /// Never shows the database's password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("public_url", &self.public_url)
            .field("data_dir", &self.data_dir)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names the setting that cannot be read.
    pub fn from_environment() -> anyhow::Result<Config> {
        Config::from_lookup(|name| std::env::var(name).ok().filter(|value| !value.trim().is_empty()))
    }

    /// The same from any source of values.
    ///
    /// # Errors
    /// Names the setting that cannot be read.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> anyhow::Result<Config> {
        let listen = lookup("HUIFA_LISTEN").unwrap_or_else(|| "127.0.0.1:8080".to_owned());
        let public_url = lookup("HUIFA_PUBLIC_URL");
        if let Some(url) = &public_url
            && !url.starts_with("http://")
            && !url.starts_with("https://")
        {
            anyhow::bail!("HUIFA_PUBLIC_URL 应以 http:// 或 https:// 开头，现在是“{url}”");
        }
        let switched_on = |name: &str| lookup(name).is_some_and(|value| value == "1" || value == "true");
        Ok(Config {
            listen: listen
                .parse()
                .with_context(|| format!("HUIFA_LISTEN 应写成“地址:端口”，如 127.0.0.1:8080，现在是“{listen}”"))?,
            secure_cookies: public_url.as_deref().is_some_and(|url| url.starts_with("https://")),
            watch: match lookup("HUIFA_WATCH_LISTEN") {
                None => None,
                Some(typed) => Some(typed.parse().with_context(|| {
                    format!("HUIFA_WATCH_LISTEN 应写成“地址:端口”，如 127.0.0.1:8090，现在是“{typed}”")
                })?),
            },
            public_url,
            behind_proxy: switched_on("HUIFA_BEHIND_PROXY"),
            database_url: database_url(&lookup)?,
            migration_url: lookup("HUIFA_MIGRATION_URL"),
            data_dir: lookup("HUIFA_DATA_DIR").map(PathBuf::from),
            uploads: lookup("HUIFA_UPLOAD_DIR").map(PathBuf::from),
            pg_bin: lookup("HUIFA_PG_BIN").map(PathBuf::from),
            key: KeySettings::read(&lookup),
            allowed: safety::SETTINGS.iter().copied().filter(|name| switched_on(name)).collect(),
            breached_passwords: match lookup("HUIFA_BREACHED_PASSWORDS").map(PathBuf::from) {
                Some(list) => {
                    breached::check(&list).context("HUIFA_BREACHED_PASSWORDS 指明的文件不能使用")?;
                    Some(list)
                }
                None => None,
            },
            visits: VisitSettings::read(&lookup)?,
            second_factor_for_all: switched_on("HUIFA_SECOND_FACTOR_FOR_ALL"),
            demonstration_second_factor: switched_on("HUIFA_DEMO_SECOND_FACTOR"),
            connections: match lookup("HUIFA_DATABASE_CONNECTIONS") {
                None => 16,
                Some(typed) => typed
                    .parse()
                    .ok()
                    .filter(|count| (2..=200).contains(count))
                    .with_context(|| format!("HUIFA_DATABASE_CONNECTIONS 应是 2 到 200 的整数，现在是“{typed}”"))?,
            },
        })
    }

    /// The site that passkeys are made for: the public address, or this machine's own name.
    /// None where people come by a number: browsers make passkeys for names only.
    pub(crate) fn passkey_site(&self) -> Option<PasskeySite> {
        let origin = match &self.public_url {
            Some(url) => {
                let (scheme, rest) = url.split_once("://")?;
                format!("{scheme}://{}", rest.split(['/', '?', '#']).next()?.to_lowercase())
            }
            None if self.listen.ip().is_loopback() => format!("http://localhost:{}", self.listen.port()),
            None => return None,
        };
        let (scheme, host) = origin.split_once("://")?;
        let rp_id = host.split(':').next().filter(|name| !name.is_empty() && !name.starts_with('['))?.to_owned();
        let usual = match scheme {
            "https" => ":443",
            _ if rp_id == "localhost" => ":80",
            // Browsers make passkeys over TLS only, or on the machine itself.
            _ => return None,
        };
        if rp_id.parse::<std::net::IpAddr>().is_ok() {
            return None;
        }
        let origin = origin.strip_suffix(usual).unwrap_or(&origin).to_owned();
        Some(PasskeySite { origin, rp_id })
    }

    /// Where scans lie: outside of everything that is served.
    ///
    /// # Errors
    /// When no folder can be told from the environment.
    pub fn upload_dir(&self) -> anyhow::Result<PathBuf> {
        match &self.uploads {
            Some(folder) => Ok(folder.clone()),
            None => Ok(self.database().data_dir()?.join("uploads")),
        }
    }

    /// The part that opens the database.
    pub fn database(&self) -> DatabaseSettings {
        DatabaseSettings {
            url: self.database_url.clone(),
            migration_url: self.migration_url.clone(),
            data_dir: self.data_dir.clone(),
            pg_bin: self.pg_bin.clone(),
            max_connections: self.connections,
        }
    }
}

/// A password in a file does not show in the environment of the process.
fn database_url(lookup: &impl Fn(&str) -> Option<String>) -> anyhow::Result<Option<String>> {
    let Some(file) = lookup("HUIFA_DATABASE_URL_FILE") else { return Ok(lookup("DATABASE_URL")) };
    let text = std::fs::read_to_string(&file)
        .with_context(|| format!("不能读取 HUIFA_DATABASE_URL_FILE 指明的文件“{file}”"))?;
    Ok(Some(text.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(url: &str) -> Option<(String, String)> {
        let config = Config::from_lookup(|name| (name == "HUIFA_PUBLIC_URL").then(|| url.to_owned())).unwrap();
        config.passkey_site().map(|site| (site.origin, site.rp_id))
    }

    #[test]
    fn passkeys_are_made_for_the_public_address_and_for_names_only() {
        let known = |origin: &str, rp: &str| Some((origin.to_owned(), rp.to_owned()));
        assert_eq!(site("https://Huifa.example/"), known("https://huifa.example", "huifa.example"));
        assert_eq!(site("https://huifa.example:443"), known("https://huifa.example", "huifa.example"));
        assert_eq!(site("https://huifa.example:8443/x"), known("https://huifa.example:8443", "huifa.example"));
        assert_eq!(site("http://localhost:8080"), known("http://localhost:8080", "localhost"));
        for none in ["http://huifa.example", "https://192.0.2.1", "https://[2001:db8::1]", "http://127.0.0.1:8080"] {
            assert_eq!(site(none), None, "{none}");
        }
        let plain = Config::from_lookup(|_| None).unwrap().passkey_site().unwrap();
        assert_eq!(plain.origin, "http://localhost:8080");
    }

    #[test]
    fn a_public_address_is_one_of_the_web() {
        for wrong in ["huifa.example", "ftp://huifa.example", "javascript:alert(1)"] {
            let read = Config::from_lookup(|name| (name == "HUIFA_PUBLIC_URL").then(|| wrong.to_owned()));
            assert!(read.unwrap_err().to_string().contains("HUIFA_PUBLIC_URL"), "{wrong}");
        }
    }
}
