//! Settings, all from the environment; `.env.example` documents each.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::database::DatabaseSettings;
use crate::safety;
use crate::secrets::KeySettings;

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
