//! Refusing to start where starting would be unsafe.
//!
//! Each refusal is a sentence that says what is wrong, what to do, and the one setting that
//! lets it pass on purpose. What was let pass is logged at every start.

use std::net::IpAddr;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::config::Config;
use crate::installation::Purpose;

/// A reason not to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Danger {
    /// The setting that lets it pass.
    pub setting: &'static str,
    /// What is wrong and what to do, in words.
    pub text: String,
}

/// What is unsafe in the settings.
pub fn of_settings(config: &Config, purpose: Purpose) -> Vec<Danger> {
    let mut dangers = Vec::new();
    let reachable = !config.listen.ip().is_loopback();
    let public = config.public_url.as_deref();
    let elsewhere = public.is_some_and(|url| !names_this_machine(url));
    if purpose == Purpose::Demonstration && (reachable || elsewhere) {
        dangers.push(Danger {
            setting: "HUIFA_ALLOW_DEMO_ON_NETWORK",
            text: format!(
                "演示系统的账号和密码是公开的，不能让网络上的其他人打开，现在是“{}”。请把 HUIFA_LISTEN 改为 127.0.0.1:8080，并去掉 HUIFA_PUBLIC_URL。",
                if reachable { config.listen.to_string() } else { public.unwrap_or_default().to_owned() }
            ),
        });
    }
    if purpose == Purpose::Production && (reachable || elsewhere) {
        if !config.secure_cookies {
            dangers.push(Danger {
                setting: "HUIFA_ALLOW_PLAIN_HTTP",
                text: "其他机器可以访问，但没有用 https：密码和个人信息会明文经过网络，登录凭证也不受保护。请在前面放置带 TLS 的反向代理，并设置 HUIFA_PUBLIC_URL=https://……。".to_owned(),
            });
        } else if !config.behind_proxy {
            dangers.push(Danger {
                setting: "HUIFA_ALLOW_NO_PROXY",
                text: "本程序自己不做 TLS，用 https 时前面必有反向代理，但没有设置 HUIFA_BEHIND_PROXY=1：全部访问者会被当作来自同一地址。".to_owned(),
            });
        }
        if config.secure_cookies && reachable && config.listen.ip().is_unspecified() {
            tracing::warn!(listen = %config.listen, "pages are also served past the proxy; listen on its address only");
        }
    }
    let urls = [&config.database_url, &config.migration_url];
    if purpose == Purpose::Production && urls.into_iter().flatten().any(|url| overheard(url)) {
        dangers.push(Danger {
            setting: "HUIFA_ALLOW_PLAIN_DATABASE",
            text: "数据库在另一台机器上，但连接没有要求加密并核对对方的证书：个人信息可能明文经过网络，或者交给冒充的服务器。请在 DATABASE_URL 和 HUIFA_MIGRATION_URL 末尾加上 ?sslmode=verify-full（自建证书再加 sslrootcert=…）。".to_owned(),
        });
    }
    dangers
}

/// Whether what goes to this database passes a network without a checked certificate. An
/// address that cannot be read is told of when it is used.
fn overheard(url: &str) -> bool {
    let Ok(options) = url.parse::<PgConnectOptions>() else { return false };
    let host = options.get_host();
    let here = options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    !here && !matches!(options.get_ssl_mode(), PgSslMode::VerifyCa | PgSslMode::VerifyFull)
}

/// Whether an address leads to this machine only.
fn names_this_machine(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A master key that somebody wrote by hand or copied from an example: it has too few
/// different characters, or repeats itself.
pub fn of_key(key: &str) -> Option<Danger> {
    let key = key.trim();
    let mut seen: Vec<u8> = key.bytes().collect();
    seen.sort_unstable();
    seen.dedup();
    let half = key.len() / 2;
    let repeats = key.is_char_boundary(half) && key.split_at(half).0 == key.split_at(half).1;
    let lower = key.to_lowercase();
    let spoken = ["changeme", "example", "password", "secret", "huifa", "0123456789abcdef", "1234567890"];
    let known = spoken.iter().any(|word| lower.contains(word));
    (seen.len() < 8 || repeats || known).then(|| Danger {
        setting: "HUIFA_ALLOW_WEAK_KEY",
        text: "主密钥像是示例或者手工敲出来的，容易被猜到。请用 openssl rand -hex 32 重新生成；已有加密数据的，先按运维手册换密钥。".to_owned(),
    })
}

/// What the database's role may do beyond what the program needs, on a server of one's own.
///
/// # Errors
/// When the database fails.
pub async fn of_database_role(pool: &PgPool) -> sqlx::Result<Option<Danger>> {
    let role = sqlx::query!(
        r#"select rolname as "name!", rolsuper as "superuser!", rolcreaterole as "roles!", rolcreatedb as "databases!",
                  rolreplication as "replication!", rolbypassrls as "row_security!"
           from pg_roles where rolname = session_user"#
    )
    .fetch_one(pool)
    .await?;
    let extra: Vec<&str> = [
        (role.superuser, "超级用户"),
        (role.roles, "建立角色"),
        (role.databases, "建立数据库"),
        (role.replication, "复制"),
        (role.row_security, "绕过行级安全"),
    ]
    .iter()
    .filter(|(has, _)| *has)
    .map(|(_, words)| *words)
    .collect();
    Ok((!extra.is_empty()).then(|| Danger {
        setting: "HUIFA_ALLOW_POWERFUL_DATABASE_ROLE",
        text: format!(
            "DATABASE_URL 中的数据库角色“{}”权限过大（{}）。请为本程序建立只有普通权限的角色。",
            role.name,
            extra.join("、")
        ),
    }))
}

/// Refuses where a danger was not let pass by its setting.
///
/// # Errors
/// All that was not, in words.
pub fn insist(config: &Config, dangers: Vec<Danger>) -> anyhow::Result<()> {
    let (passed, refused): (Vec<_>, Vec<_>) =
        dangers.into_iter().partition(|danger| config.allowed.contains(&danger.setting));
    for danger in passed {
        tracing::warn!(setting = danger.setting, "{}", danger.text);
    }
    if refused.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> =
        refused.iter().map(|danger| format!("{}\n  确需如此时，设置 {}=1。", danger.text, danger.setting)).collect();
    anyhow::bail!("{}", lines.join("\n"))
}

/// The settings that let a danger pass.
pub const SETTINGS: &[&str] = &[
    "HUIFA_ALLOW_DEMO_ON_NETWORK",
    "HUIFA_ALLOW_PLAIN_HTTP",
    "HUIFA_ALLOW_NO_PROXY",
    "HUIFA_ALLOW_WEAK_KEY",
    "HUIFA_ALLOW_POWERFUL_DATABASE_ROLE",
    "HUIFA_ALLOW_PLAIN_DATABASE",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn config(settings: &[(&str, &str)]) -> Config {
        Config::from_lookup(|name| {
            settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
        .unwrap()
    }

    fn refused(settings: &[(&str, &str)], purpose: Purpose) -> Vec<&'static str> {
        of_settings(&config(settings), purpose).into_iter().map(|danger| danger.setting).collect()
    }

    #[test]
    fn on_this_machine_anything_goes_and_beyond_it_only_tls_behind_a_proxy() {
        use Purpose::{Demonstration, Production};
        let none: [&str; 0] = [];
        let network = ("HUIFA_LISTEN", "0.0.0.0:8080");
        let https = ("HUIFA_PUBLIC_URL", "https://huifa.example");
        let proxy = ("HUIFA_BEHIND_PROXY", "1");
        assert_eq!(refused(&[], Production), none);
        assert_eq!(refused(&[("HUIFA_PUBLIC_URL", "http://localhost:8080")], Production), none);
        assert_eq!(refused(&[network], Production), ["HUIFA_ALLOW_PLAIN_HTTP"]);
        assert_eq!(refused(&[("HUIFA_LISTEN", "[::]:80")], Production), ["HUIFA_ALLOW_PLAIN_HTTP"]);
        // A proxy without TLS in front of a loopback listener is no better.
        assert_eq!(refused(&[("HUIFA_PUBLIC_URL", "http://10.1.2.3")], Production), ["HUIFA_ALLOW_PLAIN_HTTP"]);
        assert_eq!(refused(&[network, https], Production), ["HUIFA_ALLOW_NO_PROXY"]);
        assert_eq!(refused(&[network, https, proxy], Production), none);
        assert_eq!(refused(&[https, proxy], Production), none);
        assert_eq!(refused(&[], Demonstration), none);
        assert_eq!(refused(&[network], Demonstration), ["HUIFA_ALLOW_DEMO_ON_NETWORK"]);
        assert_eq!(refused(&[https, proxy], Demonstration), ["HUIFA_ALLOW_DEMO_ON_NETWORK"]);
    }

    #[test]
    fn a_refusal_names_the_setting_that_lets_it_pass_and_then_it_passes() {
        let network = ("HUIFA_LISTEN", "0.0.0.0:8080");
        let plain = config(&[network]);
        let words = insist(&plain, of_settings(&plain, Purpose::Production)).unwrap_err().to_string();
        assert!(words.contains("https") && words.contains("HUIFA_ALLOW_PLAIN_HTTP=1"), "{words}");
        let allowed = config(&[network, ("HUIFA_ALLOW_PLAIN_HTTP", "1")]);
        insist(&allowed, of_settings(&allowed, Purpose::Production)).unwrap();
        // Another setting does not.
        let other = config(&[network, ("HUIFA_ALLOW_WEAK_KEY", "1")]);
        assert!(insist(&other, of_settings(&other, Purpose::Production)).is_err());
    }

    #[test]
    fn a_database_elsewhere_is_reached_by_tls_with_its_certificate_checked() {
        let of = |name: &'static str, url: &str| refused(&[(name, url)], Purpose::Production);
        for safe in [
            "postgres://huifa:secret@db.example/huifa?sslmode=verify-full",
            "postgres://huifa@db.example/huifa?sslmode=verify-ca",
            "postgres://huifa@localhost/huifa",
            "postgres://huifa@127.0.0.1:5432/huifa",
            "postgres://huifa@localhost/huifa?host=/run/postgresql",
        ] {
            assert_eq!(of("DATABASE_URL", safe), [""; 0], "{safe}");
        }
        for open in [
            "postgres://huifa@db.example/huifa",
            "postgres://huifa@10.0.0.5/huifa?sslmode=prefer",
            "postgres://huifa@db.example/huifa?sslmode=require",
            "postgres://huifa@db.example/huifa?sslmode=disable",
        ] {
            assert_eq!(of("DATABASE_URL", open), ["HUIFA_ALLOW_PLAIN_DATABASE"], "{open}");
            assert_eq!(of("HUIFA_MIGRATION_URL", open), ["HUIFA_ALLOW_PLAIN_DATABASE"], "{open}");
        }
        assert_eq!(refused(&[("DATABASE_URL", "postgres://h@db.example/h")], Purpose::Demonstration), [""; 0]);
    }

    #[test]
    fn a_key_that_somebody_typed_is_refused() {
        for weak in [
            "00000000000000000000000000000000",
            "0123456789abcdef0123456789abcdef",
            "please-changeme-please-do-it-now!",
            "k3j9x0q2m5v8b1n4k3j9x0q2m5v8b1n4",
        ] {
            assert!(of_key(weak).is_some(), "{weak}");
        }
        assert_eq!(of_key("9f2c4b7e1d80a3566e0b94d2c7f1358aa4e97c02b6d85f13e8790c4d2a61fb35"), None);
    }

    #[test]
    fn settings_are_printed_without_their_secrets() {
        let config = config(&[
            ("DATABASE_URL", "postgres://huifa:very-secret@db.example/huifa"),
            ("HUIFA_KEY", "9f2c4b7e1d80a3566e0b94d2c7f1358aa4e97c02"),
        ]);
        let shown = format!("{config:?} {:?}", config.database());
        assert!(!shown.contains("very-secret") && !shown.contains("9f2c4b7e"), "{shown}");
    }
}
