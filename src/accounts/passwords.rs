//! Passwords: argon2id, a few at a time, off the request threads.
//!
//! Hashing is a memory and CPU bomb when a flood of sign-ins runs it freely; two
//! permits keep it at two times 19 MiB and leave the other pages their processors.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::error::AppError;

/// The shortest password allowed.
pub const SHORTEST: usize = 10;
/// The longest: hashing and estimating longer ones only costs time.
pub const LONGEST: usize = 128;

/// Hashes and verifies.
#[derive(Clone, Debug)]
pub struct Passwords {
    permits: Arc<Semaphore>,
    /// Verified when the login is unknown, so that the answer takes the same time.
    decoy: Arc<str>,
    verified: Arc<AtomicU64>,
}

impl Passwords {
    /// With `parallel` hashes at once.
    ///
    /// # Errors
    /// When the system's randomness fails.
    pub fn new(parallel: usize) -> anyhow::Result<Passwords> {
        Ok(Passwords {
            permits: Arc::new(Semaphore::new(parallel)),
            decoy: hash_now("decoy")?.into(),
            verified: Arc::default(),
        })
    }

    /// How many passwords were verified so far, known login or not.
    pub fn verified(&self) -> u64 {
        self.verified.load(Ordering::Relaxed)
    }

    /// The hash to store.
    ///
    /// # Errors
    /// When too many wait, or randomness fails.
    pub async fn hash(&self, password: String) -> Result<String, AppError> {
        let _permit = self.permit().await?;
        tokio::task::spawn_blocking(move || hash_now(&password))
            .await
            .map_err(anyhow::Error::from)?
            .map_err(AppError::Internal)
    }

    /// Whether `typed` is the password behind `hash`; an unknown login gives `None` and takes as long.
    ///
    /// # Errors
    /// When too many wait.
    pub async fn verify(&self, typed: &str, hash: Option<String>) -> Result<bool, AppError> {
        // No password is longer than this: the rest of a megabyte is not hashed.
        let password: String = typed.chars().take(LONGEST + 1).collect();
        let _permit = self.permit().await?;
        self.verified.fetch_add(1, Ordering::Relaxed);
        let known = hash.is_some();
        let stored = hash.unwrap_or_else(|| self.decoy.to_string());
        let matches = tokio::task::spawn_blocking(move || {
            PasswordHash::new(&stored)
                .is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
        })
        .await
        .map_err(anyhow::Error::from)?;
        Ok(known && matches)
    }

    async fn permit(&self) -> Result<tokio::sync::OwnedSemaphorePermit, AppError> {
        match tokio::time::timeout(Duration::from_secs(10), Arc::clone(&self.permits).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(AppError::refused("登录的人太多，请稍候再试。")),
        }
    }
}

fn hash_now(password: &str) -> anyhow::Result<String> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| anyhow::anyhow!("hashing failed: {error}"))
}

/// What a new password must be, for beside the field.
pub fn hint() -> String {
    format!("至少{SHORTEST}个字符。可以用几个不相关的词连在一起。")
}

/// What is wrong with a new password, in words; `None` when it will do.
///
/// `known` are words that a guesser would try first: login, name, unit and their pinyin.
pub fn weakness(password: &str, known: &[&str]) -> Option<String> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Some(format!("密码至少{SHORTEST}个字符。"));
    }
    if length > LONGEST {
        return Some(format!("密码最多{LONGEST}个字符。"));
    }
    let lower = password.to_lowercase();
    if known.iter().any(|word| word.chars().count() >= 3 && lower.contains(&word.to_lowercase())) {
        return Some("密码中不要含有登录名、姓名或单位名称。".to_owned());
    }
    if zxcvbn::zxcvbn(password, known).score() < zxcvbn::Score::Three {
        return Some("这个密码容易被猜到。可以用几个不相关的词连在一起，再加数字或符号。".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_familiar_and_easy_passwords_are_refused() {
        assert!(weakness("Ab3$xyz", &[]).is_some());
        assert!(weakness("zhangwei-2024-ok", &["zhangwei"]).is_some());
        assert!(weakness("1234567890", &[]).is_some());
        assert_eq!(weakness("marsh-lantern-47-oboe", &["zhangwei", "高平市司法局"]), None);
    }
}
