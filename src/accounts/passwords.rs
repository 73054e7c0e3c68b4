//! Passwords: argon2id, a few at a time, off the request threads.
//!
//! Hashing is a memory and CPU bomb when a flood of sign-ins runs it freely. Two permits
//! keep it at two at once, and each works in a block of memory that is made once and used
//! again: a flood needs no more than a single pair does.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;

use super::breached;
use super::policy::Policy;
use crate::error::AppError;
use crate::web::permissions::Role;

/// The longest: hashing and estimating longer ones only costs time.
pub const LONGEST: usize = 128;
const SALT_LENGTH: usize = 16;

/// Hashes and verifies.
#[derive(Clone, Debug)]
pub struct Passwords {
    permits: Arc<Semaphore>,
    memory: Memory,
    /// Verified when the login is unknown, so that the answer takes the same time.
    decoy: Arc<str>,
    verified: Arc<AtomicU64>,
}

/// The blocks that hashing works in, lent out and given back; as many as there are permits.
#[derive(Clone, Debug, Default)]
struct Memory(Arc<Mutex<Vec<Vec<Block>>>>);

impl Memory {
    /// Hashes `password` into `out`, in a block of memory of an earlier one where there is any.
    fn hash(&self, argon2: &Argon2<'_>, password: &[u8], salt: &[u8], out: &mut [u8]) -> anyhow::Result<()> {
        let lent = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut blocks = lent.unwrap_or_default();
        blocks.resize(argon2.params().block_count(), Block::new());
        let hashed = argon2.hash_password_into_with_memory(password, salt, out, &mut blocks);
        // What is left of a password does not wait for the next one.
        blocks.fill(Block::new());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(blocks);
        hashed.map_err(|error| anyhow::anyhow!("hashing failed: {error}"))
    }

    /// The hash to store, with its salt and cost.
    fn new_hash(&self, password: &str) -> anyhow::Result<String> {
        let mut salt = [0_u8; SALT_LENGTH];
        getrandom::fill(&mut salt).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        let argon2 = Argon2::default();
        let mut out = [0_u8; Params::DEFAULT_OUTPUT_LEN];
        self.hash(&argon2, password.as_bytes(), &salt, &mut out)?;
        let cannot = |error: argon2::password_hash::Error| anyhow::anyhow!("hashing failed: {error}");
        let written = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::default().into()),
            params: ParamsString::try_from(argon2.params()).map_err(cannot)?,
            salt: Some(Salt::new(&salt).map_err(|error| cannot(error.into()))?),
            hash: Some(Output::new(&out).map_err(|error| cannot(error.into()))?),
        };
        Ok(written.to_string())
    }

    /// Whether `password` is behind `stored`; what is no hash is behind nothing.
    fn matches(&self, password: &str, stored: &str) -> bool {
        let Ok(parsed) = PasswordHash::new(stored) else { return false };
        let (Some(salt), Some(wanted)) = (parsed.salt, parsed.hash) else { return false };
        let (Ok(algorithm), Ok(params)) =
            (Algorithm::try_from(parsed.algorithm.as_str()), Params::try_from(&parsed.params))
        else {
            return false;
        };
        let version = parsed.version.and_then(|version| Version::try_from(version).ok()).unwrap_or_default();
        let argon2 = Argon2::new(algorithm, version, params);
        let mut out = vec![0_u8; wanted.as_bytes().len()];
        self.hash(&argon2, password.as_bytes(), &salt, &mut out).is_ok() && bool::from(out.ct_eq(wanted.as_bytes()))
    }
}

impl Passwords {
    /// With `parallel` hashes at once.
    ///
    /// # Errors
    /// When the system's randomness fails.
    pub fn new(parallel: usize) -> anyhow::Result<Passwords> {
        let memory = Memory::default();
        Ok(Passwords {
            permits: Arc::new(Semaphore::new(parallel)),
            decoy: memory.new_hash("decoy")?.into(),
            memory,
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
        let permit = self.permit().await?;
        let memory = self.memory.clone();
        tokio::task::spawn_blocking(move || {
            let hash = memory.new_hash(&password);
            drop(permit);
            hash
        })
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
        let permit = self.permit().await?;
        self.verified.fetch_add(1, Ordering::Relaxed);
        let known = hash.is_some();
        let stored = hash.unwrap_or_else(|| self.decoy.to_string());
        let memory = self.memory.clone();
        let matches = tokio::task::spawn_blocking(move || {
            let matches = memory.matches(&password, &stored);
            // Only now: a visitor who went away meanwhile frees no place for another hash.
            drop(permit);
            matches
        })
        .await
        .map_err(anyhow::Error::from)?;
        Ok(known && matches)
    }

    /// Whether `typed` is one of these passwords.
    ///
    /// # Errors
    /// When too many wait.
    pub async fn is_one_of(&self, typed: &str, hashes: Vec<String>) -> Result<bool, AppError> {
        for hash in hashes {
            if self.verify(typed, Some(hash)).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the operator's list of breached passwords holds this one; without a list nothing does.
    ///
    /// # Errors
    /// When the list cannot be read: then no password is taken.
    pub async fn is_breached(&self, list: Option<&Path>, password: &str) -> Result<bool, AppError> {
        let Some(list) = list.map(Path::to_owned) else { return Ok(false) };
        let password = password.to_owned();
        let found = tokio::task::spawn_blocking(move || breached::holds(&list, &password)).await;
        Ok(found.map_err(anyhow::Error::from)??)
    }

    async fn permit(&self) -> Result<tokio::sync::OwnedSemaphorePermit, AppError> {
        match tokio::time::timeout(Duration::from_secs(10), Arc::clone(&self.permits).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(AppError::refused("登录的人太多，请稍候再试。")),
        }
    }
}

/// What a new password must be, for beside the field.
pub fn hint(policy: &Policy, role: Role) -> String {
    let length = policy.shortest(role);
    let again = policy.remembered_passwords;
    format!("至少{length}个字符，不含登录名和姓名，不与最近{again}次用过的相同。可以用几个不相关的词连在一起。")
}

/// What is wrong with a new password, in words; `None` when it will do.
///
/// `known` are words that a guesser would try first: login, name, unit and their pinyin.
pub fn weakness(policy: &Policy, role: Role, password: &str, known: &[&str]) -> Option<String> {
    let length = password.chars().count();
    let shortest = policy.shortest(role);
    if length < shortest {
        return Some(format!("密码至少{shortest}个字符，现在是{length}个。"));
    }
    if length > LONGEST {
        return Some(format!("密码最多{LONGEST}个字符。"));
    }
    let lower = password.to_lowercase();
    if known.iter().any(|word| word.chars().count() >= 3 && lower.contains(&word.to_lowercase())) {
        return Some("密码中不要含有登录名、姓名或单位名称。".to_owned());
    }
    // Names and units are Chinese, passwords Latin: the guesser tries the pinyin.
    let spelled: Vec<String> = known.iter().map(|word| spelled(word)).filter(|word| word.len() >= 4).collect();
    if spelled.iter().any(|word| lower.contains(word.as_str())) {
        return Some("密码中不要含有姓名或单位名称的拼音。".to_owned());
    }
    let tried: Vec<&str> = known.iter().copied().chain(spelled.iter().map(String::as_str)).collect();
    let score = zxcvbn::zxcvbn(password, &tried).score() as i32;
    if score < policy.strength {
        return Some("这个密码容易被猜到。可以用几个不相关的词连在一起，再加数字或符号。".to_owned());
    }
    None
}

/// The pinyin of a Chinese word, without tones and blanks; nothing for other words.
fn spelled(word: &str) -> String {
    use pinyin::ToPinyin as _;
    word.to_pinyin().flatten().map(|syllable| syllable.plain()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_familiar_and_easy_passwords_are_refused() {
        let policy = Policy::default();
        let weak = |role, password: &str, known: &[&str]| weakness(&policy, role, password, known);
        assert!(weak(Role::Finance, "Ab3$xyz", &[]).is_some());
        assert!(weak(Role::Finance, "zhangwei-2024-ok", &["zhangwei"]).is_some());
        assert!(weak(Role::Finance, "lantern-zhangwei-47", &["张伟"]).is_some());
        assert!(weak(Role::Finance, "1234567890", &[]).is_some());
        // Three letters of a login are told apart from two, four of pinyin from three.
        for (word, found) in [("ker", true), ("ke", false), ("李伟", true), ("李俄", false)] {
            let password = format!("marsh-lantern-47-{}", if word == "李伟" { "liwei" } else { "ker-lie" });
            assert_eq!(weak(Role::Finance, &password, &[word]).is_some(), found, "{word}");
        }
        assert_eq!(weak(Role::Finance, "marsh-lantern-47-oboe", &["zhangwei", "高平市司法局"]), None);
        assert_eq!(weak(Role::Finance, "oboe-47-kx", &[]), None);
        assert!(weak(Role::SystemAdministrator, "oboe-47-kx", &[]).is_some());
        // Of any composition, and long ones as well.
        for any in ["marsh lantern oboe violet", "沼泽灯笼双簧管紫罗兰雪橇", "58203917746120395587"] {
            assert_eq!(weak(Role::Finance, any, &[]), None, "{any}");
        }
        let long: String = "marsh-lantern-47-oboe-".chars().cycle().take(LONGEST).collect();
        assert_eq!(weak(Role::Finance, &long, &[]), None);
        let longer = weak(Role::Finance, &format!("{long}x"), &[]);
        assert_eq!(longer, Some(format!("密码最多{LONGEST}个字符。")));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_flood_of_sign_ins_works_in_the_memory_of_two() {
        let passwords = Passwords::new(2).unwrap();
        let mut flood = tokio::task::JoinSet::new();
        for _ in 0..64 {
            let passwords = passwords.clone();
            flood.spawn(async move { passwords.verify("guess", None).await });
        }
        while let Some(done) = flood.join_next().await {
            assert!(!done.unwrap().unwrap());
        }
        let blocks = passwords.memory.0.lock().unwrap();
        let bytes: usize = blocks.iter().map(|blocks| blocks.capacity() * Block::SIZE).sum();
        assert!(blocks.len() <= 2 && bytes <= 40 * 1024 * 1024, "{} blocks, {bytes} bytes", blocks.len());
        assert_eq!(passwords.verified(), 64);
    }

    #[test]
    fn what_was_hashed_elsewhere_is_verified_and_rubbish_is_not() {
        use argon2::password_hash::PasswordHasher as _;
        let memory = Memory::default();
        let params = Params::new(64, 1, 1, None).unwrap();
        let other = Argon2::new(Algorithm::Argon2id, Version::default(), params);
        let stored = other.hash_password(b"right").unwrap().to_string();
        assert!(memory.matches("right", &stored) && !memory.matches("wrong", &stored));
        let own = memory.new_hash("right").unwrap();
        assert!(own.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{own}");
        assert!(memory.matches("right", &own) && !memory.matches("wrong", &own));
        assert!(!memory.matches("right", "none"));
        assert_ne!(own, memory.new_hash("right").unwrap());
        // All of it went through one block of memory.
        assert_eq!(memory.0.lock().unwrap().len(), 1);
    }
}
