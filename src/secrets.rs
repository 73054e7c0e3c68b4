//! Personal data at rest: the master key, sealed columns, and the blind index
//! that finds a sealed value without opening any; with them the masks, and the
//! forms of identity and telephone numbers.
//!
//! A sealed value is `key version (1) ‖ nonce (12) ‖ ciphertext and tag`, bound to its
//! column and row: copied to another it does not open. Keys have versions: what is new is
//! sealed under the newest, what is old opens under its own, and [`rotation`] moves the old
//! to the new while the program runs. A version names its key and cipher, so that another
//! cipher (SM4 with SM3) can stand beside this one.

pub mod id_number;
mod key;
mod masks;
mod phone;
pub mod rotation;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

pub use id_number::{Gender, IdNumber, IdNumberError, demo_id_number};
pub use key::{KEY_FILE, KeyError, KeySettings};
pub use masks::{mask_bank_account, mask_id_number, mask_name, mask_phone, mask_place};
pub use phone::{PhoneError, demo_phone, parse_phone};

/// The version of an installation's first key.
const FIRST: u8 = 1;
const NONCE_LENGTH: usize = 12;
/// The length of a blind index in bytes.
pub const INDEX_LENGTH: usize = 16;

/// Why a value could not be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The system gave no random numbers.
    #[error("the system's random numbers are not available")]
    Random,
    /// The value was sealed under a key or cipher this program does not have.
    #[error("sealed under the unknown key {0}")]
    UnknownKey(u8),
    /// The value is cut off, altered, of another row or column, or of another key.
    #[error("the sealed value does not open here")]
    DoesNotOpen,
}

/// Seals and opens personal data, and indexes them blindly. Cheap to clone; all clones see
/// a key that is added to the file.
#[derive(Clone)]
pub struct Seals {
    ring: Arc<RwLock<Arc<Ring>>>,
    /// Where the keys were read from, to look again when a value names an unknown one.
    file: Option<Arc<PathBuf>>,
}

/// The keys by their versions; there is at least one.
struct Ring {
    keys: BTreeMap<u8, Key>,
    newest: u8,
}

/// The keys that one master key gives, each for one purpose.
#[derive(Clone)]
struct Key {
    cipher: Aes256Gcm,
    index: Zeroizing<[u8; 32]>,
    chain: Zeroizing<[u8; 32]>,
    fingerprint: String,
}

impl Key {
    fn from_master(master: &[u8]) -> Result<Key, KeyError> {
        if master.len() < key::SHORTEST {
            return Err(KeyError::TooShort);
        }
        let cipher_key = Zeroizing::new(authenticate(master, &[b"huifa seal 1"]));
        let print = authenticate(master, &[b"huifa fingerprint 1"]);
        Ok(Key {
            cipher: Aes256Gcm::new(&(*cipher_key).into()),
            index: Zeroizing::new(authenticate(master, &[b"huifa blind index 1"])),
            chain: Zeroizing::new(authenticate(master, &[b"huifa audit chain 1"])),
            fingerprint: hex(&print).chars().take(16).collect(),
        })
    }
}

impl Ring {
    fn newest(&self) -> Option<&Key> {
        self.keys.get(&self.newest)
    }
}

impl fmt::Debug for Seals {
    /// Never shows a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seals").field("fingerprint", &self.fingerprint()).finish_non_exhaustive()
    }
}

impl Seals {
    /// The seals of one master key, from which each purpose gets a key of its own.
    ///
    /// # Errors
    /// When the key is shorter than 32 bytes.
    pub fn from_master(master: &[u8]) -> Result<Self, KeyError> {
        Self::from_masters([(FIRST, master)])
    }

    /// The seals of several versions of the master key.
    ///
    /// # Errors
    /// When there is none, or one is shorter than 32 bytes.
    pub fn from_masters<'a>(masters: impl IntoIterator<Item = (u8, &'a [u8])>) -> Result<Self, KeyError> {
        Ok(Self { ring: Arc::new(RwLock::new(Arc::new(ring_of(masters)?))), file: None })
    }

    fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks into the key file again; true when there is a key that was not known.
    ///
    /// # Errors
    /// When the file cannot be read any more; the keys known stay.
    pub fn refresh(&self) -> Result<bool, KeyError> {
        let Some(file) = &self.file else { return Ok(false) };
        let fresh = key::read_ring(file)?;
        let known = self.ring();
        if fresh.keys.keys().eq(known.keys.keys()) {
            return Ok(false);
        }
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
        Ok(true)
    }

    /// The versions of the keys, the newest last.
    #[must_use]
    pub fn versions(&self) -> Vec<u8> {
        self.ring().keys.keys().copied().collect()
    }

    /// The version that seals what is new.
    #[must_use]
    pub fn newest(&self) -> u8 {
        self.ring().newest
    }

    /// Sixteen hexadecimal digits that name the newest key without telling anything of
    /// it: stored beside the data, they show at start-up that the key is theirs.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.ring().newest().map(|key| key.fingerprint.clone()).unwrap_or_default()
    }

    /// Whether one of the keys has this fingerprint.
    #[must_use]
    pub fn has(&self, fingerprint: &str) -> bool {
        self.ring().keys.values().any(|key| key.fingerprint == fingerprint)
    }

    /// The digest of a link of the audit trail's chain under the key of a version: it covers
    /// the one before it, its place and its record. None where there is no such key.
    #[must_use]
    pub fn link(&self, version: i16, before: &[u8], position: i64, content: &str) -> Option<[u8; 32]> {
        let ring = self.ring();
        let key = ring.keys.get(&u8::try_from(version).ok()?)?;
        Some(authenticate(key.chain.as_slice(), &[before, &position.to_be_bytes(), content.as_bytes()]))
    }

    /// Seals `plain` for the column `field` (as `person.id_number`) of row `row`.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn seal(&self, field: &str, row: &str, plain: &str) -> Result<Vec<u8>, SealError> {
        let ring = self.ring();
        let key = ring.newest().ok_or(SealError::UnknownKey(ring.newest))?;
        let mut nonce = [0; NONCE_LENGTH];
        getrandom::fill(&mut nonce).map_err(|_| SealError::Random)?;
        let place = place(field, row);
        let payload = Payload { msg: plain.as_bytes(), aad: place.as_bytes() };
        let closed = key.cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| SealError::DoesNotOpen)?;
        let mut sealed = Vec::with_capacity(1 + NONCE_LENGTH + closed.len());
        sealed.push(ring.newest);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&closed);
        Ok(sealed)
    }

    /// Opens what [`Seals::seal`] made for the same column and row. A value under a key that
    /// was added meanwhile has the key file read again.
    ///
    /// # Errors
    /// When it was made for another, was altered, or under another key.
    pub fn open(&self, field: &str, row: &str, sealed: &[u8]) -> Result<String, SealError> {
        let (version, rest) = sealed.split_first().ok_or(SealError::DoesNotOpen)?;
        let mut ring = self.ring();
        if !ring.keys.contains_key(version) && self.refresh().unwrap_or(false) {
            ring = self.ring();
        }
        let key = ring.keys.get(version).ok_or(SealError::UnknownKey(*version))?;
        let (nonce, closed) = rest.split_first_chunk::<NONCE_LENGTH>().ok_or(SealError::DoesNotOpen)?;
        let place = place(field, row);
        let payload = Payload { msg: closed, aad: place.as_bytes() };
        let plain = key.cipher.decrypt(&Nonce::from(*nonce), payload).map_err(|_| SealError::DoesNotOpen)?;
        String::from_utf8(plain).map_err(|_| SealError::DoesNotOpen)
    }

    /// The index under which a sealed `value` of `field` is kept unique: 16 bytes, the same
    /// for the same value whatever its case and the blanks around it, and different in
    /// another field.
    #[must_use]
    pub fn blind_index(&self, field: &str, value: &str) -> Vec<u8> {
        let ring = self.ring();
        ring.newest().map(|key| index(key, field, value)).unwrap_or_default()
    }

    /// A key for the browser of `account`, as hexadecimal digits: what a page keeps there while
    /// the program cannot be reached lies sealed under it. Only pages of that account carry it.
    #[must_use]
    pub fn browser_key(&self, account: i64) -> String {
        let ring = self.ring();
        let parts: [&[u8]; 3] = [b"browser", &[0], &account.to_be_bytes()];
        ring.newest().map(|key| hex(&authenticate(key.index.as_slice(), &parts))).unwrap_or_default()
    }

    /// The indexes under which a value may be found: one for each version of the key, as
    /// rows that a rotation has not reached yet carry the older one.
    #[must_use]
    pub fn blind_indexes(&self, field: &str, value: &str) -> Vec<Vec<u8>> {
        self.ring().keys.values().rev().map(|key| index(key, field, value)).collect()
    }
}

fn index(key: &Key, field: &str, value: &str) -> Vec<u8> {
    let value = Zeroizing::new(value.trim().to_uppercase());
    let whole = authenticate(key.index.as_slice(), &[field.as_bytes(), &[0], value.as_bytes()]);
    whole.into_iter().take(INDEX_LENGTH).collect()
}

fn ring_of<'a>(masters: impl IntoIterator<Item = (u8, &'a [u8])>) -> Result<Ring, KeyError> {
    let mut keys = BTreeMap::new();
    for (version, master) in masters {
        keys.insert(version, Key::from_master(master)?);
    }
    let newest = keys.keys().next_back().copied().ok_or(KeyError::TooShort)?;
    Ok(Ring { keys, newest })
}

/// What a sealed value is bound to.
fn place(field: &str, row: &str) -> String {
    format!("{field}:{row}")
}

/// HMAC-SHA256 of the parts one after the other.
fn authenticate(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes a key of any length: a longer one than a block is hashed first.
    let Ok(mut mac) = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key) else {
        unreachable!("HMAC takes a key of any length")
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").ok();
        text
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seals() -> Seals {
        Seals::from_master(&[7; 32]).unwrap()
    }

    #[test]
    fn the_key_of_a_browser_is_one_accounts_and_of_256_bits() {
        let key = seals().browser_key(17);
        assert_eq!(key.len(), 64);
        assert_eq!(key, seals().browser_key(17));
        assert_ne!(key, seals().browser_key(18));
        assert_ne!(key, Seals::from_master(&[8; 32]).unwrap().browser_key(17));
    }

    #[test]
    fn a_sealed_value_opens_in_its_place_only() {
        let seals = seals();
        let sealed = seals.seal("person.id_number", "12", "11010519491231002X").unwrap();
        assert_eq!(sealed.len(), 47);
        let opened = seals.open("person.id_number", "12", &sealed).unwrap();
        assert_eq!(opened, "11010519491231002X");
        for (field, row) in [("person.id_number", "13"), ("person.phone", "12")] {
            assert_eq!(seals.open(field, row, &sealed), Err(SealError::DoesNotOpen));
        }
        let other = Seals::from_master(&[8; 32]).unwrap();
        assert!(other.open("person.id_number", "12", &sealed).is_err());
        assert_ne!(other.fingerprint(), seals.fingerprint());
    }

    #[test]
    fn the_same_value_is_sealed_differently_each_time_and_indexed_alike() {
        let seals = seals();
        let seal = || seals.seal("f", "1", "张明").unwrap();
        assert_ne!(seal(), seal());
        let index = seals.blind_index("f", "1101051949123100 2x");
        assert_eq!(index.len(), INDEX_LENGTH);
        assert_eq!(index, seals.blind_index("f", " 1101051949123100 2X "));
        assert_ne!(index, seals.blind_index("g", "1101051949123100 2x"));
    }

    #[test]
    fn another_key_id_is_named() {
        let seals = seals();
        let mut sealed = seals.seal("f", "1", "x").unwrap();
        sealed[0] = 9;
        assert_eq!(seals.open("f", "1", &sealed), Err(SealError::UnknownKey(9)));
    }

    #[test]
    fn the_newest_key_seals_and_every_key_opens_and_finds() {
        let old = seals();
        let both = Seals::from_masters([(1, [7; 32].as_slice()), (2, [8; 32].as_slice())]).unwrap();
        let before = old.seal("f", "1", "张明").unwrap();
        assert_eq!(both.open("f", "1", &before).unwrap(), "张明");
        let after = both.seal("f", "1", "张明").unwrap();
        assert_eq!(after[0], 2);
        assert_eq!(old.open("f", "1", &after), Err(SealError::UnknownKey(2)));
        assert_eq!(both.blind_indexes("f", "x"), [both.blind_index("f", "x"), old.blind_index("f", "x")]);
        assert!(both.has(&old.fingerprint()) && both.fingerprint() != old.fingerprint());
        assert_eq!((both.versions(), both.newest()), (vec![1, 2], 2));
    }

    #[test]
    fn a_short_key_is_refused_and_no_key_is_printed() {
        assert!(matches!(Seals::from_master(&[1; 31]), Err(KeyError::TooShort)));
        let shown = format!("{:?}", seals());
        assert!(!shown.contains("[7") && shown.contains("fingerprint"), "{shown}");
    }

    proptest! {
        #[test]
        fn any_text_comes_back(plain in ".*", row in ".*") {
            let seals = seals();
            let sealed = seals.seal("f", &row, &plain).unwrap();
            prop_assert_eq!(seals.open("f", &row, &sealed).unwrap(), plain);
        }

        #[test]
        fn any_change_is_noticed(plain in ".{0,20}", at in 0_usize..60, bit in 0_u8..8) {
            let seals = seals();
            let mut sealed = seals.seal("f", "1", &plain).unwrap();
            let at = at % sealed.len();
            sealed[at] ^= 1 << bit;
            prop_assert!(seals.open("f", "1", &sealed).is_err());
        }

        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert!(seals().open("f", "1", &bytes).is_err());
        }
    }
}
