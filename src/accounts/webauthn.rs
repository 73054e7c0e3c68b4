//! What a device says with a passkey, and whether it holds (Web Authentication, level 2):
//! registrations without attestation, assertions with user verification. Pure: challenges
//! and keys come from outside.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value;
use ring::signature::{self, UnparsedPublicKey};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Nothing a device sends is longer.
pub(super) const LONGEST: usize = 4_096;

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const HAS_CREDENTIAL: u8 = 0x40;

/// Whose passkeys they are: the site as browsers know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    /// As `https://huifa.example`.
    pub(crate) origin: String,
    /// The host's name.
    pub(crate) rp_id: String,
}

/// Why a device's answer does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("not readable")]
    Malformed,
    #[error("for something else than was asked")]
    OtherPurpose,
    #[error("another challenge")]
    OtherChallenge,
    #[error("another site")]
    OtherSite,
    #[error("nobody was there")]
    Absent,
    #[error("the person was not verified")]
    NotVerified,
    #[error("a kind of key that is not taken")]
    UnknownKey,
    #[error("the signature is wrong")]
    WrongSignature,
    #[error("the device's count went back")]
    WentBack,
}

/// A new key pair's public half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Registered {
    pub(super) credential_id: Vec<u8>,
    pub(super) public_key: Vec<u8>,
    pub(super) sign_count: u32,
}

/// What the browser adds to the device's word.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

fn check_client(site: &Site, data: &[u8], kind: &str, challenge: &[u8]) -> Result<(), Refusal> {
    let client: ClientData = serde_json::from_slice(data).map_err(|_| Refusal::Malformed)?;
    if client.kind != kind {
        return Err(Refusal::OtherPurpose);
    }
    let expected = URL_SAFE_NO_PAD.encode(challenge);
    if !bool::from(client.challenge.trim_end_matches('=').as_bytes().ct_eq(expected.as_bytes())) {
        return Err(Refusal::OtherChallenge);
    }
    if client.origin != site.origin || client.cross_origin {
        return Err(Refusal::OtherSite);
    }
    Ok(())
}

/// The device's part, read from its start.
struct Told<'a> {
    flags: u8,
    sign_count: u32,
    rest: &'a [u8],
}

fn read_told<'a>(site: &Site, data: &'a [u8]) -> Result<Told<'a>, Refusal> {
    let (hash, rest) = data.split_at_checked(32).ok_or(Refusal::Malformed)?;
    let (flags, rest) = rest.split_first().ok_or(Refusal::Malformed)?;
    let (count, rest) = rest.split_first_chunk::<4>().ok_or(Refusal::Malformed)?;
    if hash != Sha256::digest(site.rp_id.as_bytes()).as_slice() {
        return Err(Refusal::OtherSite);
    }
    if flags & USER_PRESENT == 0 {
        return Err(Refusal::Absent);
    }
    if flags & USER_VERIFIED == 0 {
        return Err(Refusal::NotVerified);
    }
    Ok(Told { flags: *flags, sign_count: u32::from_be_bytes(*count), rest })
}

/// Reads a registration: its key is one that we can verify, made for this site, on this
/// challenge, with the person verified.
///
/// # Errors
/// Why it does not count.
pub(super) fn register(
    site: &Site,
    challenge: &[u8],
    client_data: &[u8],
    attestation: &[u8],
) -> Result<Registered, Refusal> {
    check_client(site, client_data, "webauthn.create", challenge)?;
    let object: Value = ciborium::from_reader(attestation).map_err(|_| Refusal::Malformed)?;
    let entries = object.as_map().ok_or(Refusal::Malformed)?;
    let told =
        entries.iter().find(|(key, _)| key.as_text() == Some("authData")).and_then(|(_, value)| value.as_bytes());
    let told = read_told(site, told.ok_or(Refusal::Malformed)?)?;
    if told.flags & HAS_CREDENTIAL == 0 {
        return Err(Refusal::Malformed);
    }
    let (_model, rest) = told.rest.split_at_checked(16).ok_or(Refusal::Malformed)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(Refusal::Malformed)?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (credential_id, key) = rest.split_at_checked(length).ok_or(Refusal::Malformed)?;
    if !(16..=1023).contains(&credential_id.len()) {
        return Err(Refusal::Malformed);
    }
    // Extensions may follow the key.
    let mut left = key;
    let _: Value = ciborium::from_reader(&mut left).map_err(|_| Refusal::Malformed)?;
    let public_key = key.get(..key.len() - left.len()).ok_or(Refusal::Malformed)?;
    Key::read(public_key)?;
    Ok(Registered {
        credential_id: credential_id.to_vec(),
        public_key: public_key.to_vec(),
        sign_count: told.sign_count,
    })
}

/// Checks a signature made with a registered key; gives the device's new count.
///
/// # Errors
/// Why it does not count.
pub(super) fn verify(
    site: &Site,
    challenge: &[u8],
    (public_key, known_count): (&[u8], u32),
    client_data: &[u8],
    told: &[u8],
    signed: &[u8],
) -> Result<u32, Refusal> {
    check_client(site, client_data, "webauthn.get", challenge)?;
    let count = read_told(site, told)?.sign_count;
    let mut message = told.to_vec();
    message.extend_from_slice(&Sha256::digest(client_data));
    Key::read(public_key)?.verify(&message, signed)?;
    // A copied key would count on its own: a device that counts never stands still.
    if (known_count > 0 || count > 0) && count <= known_count {
        return Err(Refusal::WentBack);
    }
    Ok(count)
}

/// A public key as COSE writes it. Both kinds hold 128 bits (ASVS 11.2.3); the RS256 keys of
/// some devices have 2048 bits, which is less, and are neither offered nor taken.
enum Key {
    /// ES256: an uncompressed point on P-256.
    P256(Vec<u8>),
    /// EdDSA on Ed25519.
    Ed25519(Vec<u8>),
}

impl Key {
    fn read(cose: &[u8]) -> Result<Key, Refusal> {
        let value: Value = ciborium::from_reader(cose).map_err(|_| Refusal::Malformed)?;
        let entries = value.as_map().ok_or(Refusal::Malformed)?;
        let of = |label: i128| {
            let is = |key: &Value| key.as_integer().is_some_and(|key| i128::from(key) == label);
            entries.iter().find(|(key, _)| is(key)).map(|(_, value)| value)
        };
        let number = |label| of(label).and_then(Value::as_integer).map(i128::from);
        let bytes = |label| of(label).and_then(Value::as_bytes);
        let long = |label| bytes(label).filter(|bytes| bytes.len() == 32).ok_or(Refusal::UnknownKey);
        match (number(1), number(3)) {
            (Some(2), Some(-7)) if number(-1) == Some(1) => {
                let mut point = vec![4];
                point.extend_from_slice(long(-2)?);
                point.extend_from_slice(long(-3)?);
                Ok(Key::P256(point))
            }
            (Some(1), Some(-8)) if number(-1) == Some(6) => Ok(Key::Ed25519(long(-2)?.clone())),
            _ => Err(Refusal::UnknownKey),
        }
    }

    fn verify(&self, message: &[u8], signed: &[u8]) -> Result<(), Refusal> {
        let outcome = match self {
            Key::P256(point) => {
                UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_ASN1, point).verify(message, signed)
            }
            Key::Ed25519(key) => UnparsedPublicKey::new(&signature::ED25519, key).verify(message, signed),
        };
        outcome.map_err(|_| Refusal::WrongSignature)
    }
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};

    use super::*;

    /// A device with one key, that tells what a test wants it to.
    struct Device {
        pair: EcdsaKeyPair,
        site: Site,
        flags: u8,
        count: u32,
    }

    impl Device {
        fn new() -> Device {
            let random = SystemRandom::new();
            let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, made.as_ref(), &random).unwrap();
            Device { pair, site: site(), flags: USER_PRESENT | USER_VERIFIED, count: 1 }
        }

        fn told(&self, extra: u8) -> Vec<u8> {
            let mut told = Sha256::digest(self.site.rp_id.as_bytes()).to_vec();
            told.push(self.flags | extra);
            told.extend(self.count.to_be_bytes());
            told
        }

        fn client(&self, kind: &str, challenge: &[u8]) -> Vec<u8> {
            serde_json::json!({ "type": kind, "challenge": URL_SAFE_NO_PAD.encode(challenge),
                "origin": self.site.origin, "crossOrigin": false })
            .to_string()
            .into_bytes()
        }

        fn cose(&self) -> Vec<u8> {
            let point = self.pair.public_key().as_ref();
            let integer = |number: i64| Value::Integer(number.into());
            let map = Value::Map(vec![
                (integer(1), integer(2)),
                (integer(3), integer(-7)),
                (integer(-1), integer(1)),
                (integer(-2), Value::Bytes(point[1..33].to_vec())),
                (integer(-3), Value::Bytes(point[33..].to_vec())),
            ]);
            let mut bytes = Vec::new();
            ciborium::into_writer(&map, &mut bytes).unwrap();
            bytes
        }

        fn attestation(&self) -> Vec<u8> {
            let mut told = self.told(HAS_CREDENTIAL);
            told.extend([0; 16]);
            told.extend([0, 16]);
            told.extend([7; 16]);
            told.extend(self.cose());
            let map = Value::Map(vec![
                (Value::Text("fmt".into()), Value::Text("none".into())),
                (Value::Text("attStmt".into()), Value::Map(Vec::new())),
                (Value::Text("authData".into()), Value::Bytes(told)),
            ]);
            let mut bytes = Vec::new();
            ciborium::into_writer(&map, &mut bytes).unwrap();
            bytes
        }

        fn signs(&self, challenge: &[u8]) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
            let (client, told) = (self.client("webauthn.get", challenge), self.told(0));
            let mut message = told.clone();
            message.extend(Sha256::digest(&client));
            let signed = self.pair.sign(&SystemRandom::new(), &message).unwrap().as_ref().to_vec();
            (client, told, signed)
        }

        fn answers(&self, challenge: &[u8], known: u32) -> Result<u32, Refusal> {
            let (client, told, signed) = self.signs(challenge);
            verify(&site(), CHALLENGE, (&self.cose(), known), &client, &told, &signed)
        }
    }

    const CHALLENGE: &[u8] = b"challenge of this page, 32 bytes";

    fn site() -> Site {
        Site { origin: "https://huifa.example".to_owned(), rp_id: "huifa.example".to_owned() }
    }

    #[test]
    fn a_registered_key_signs_in_and_nothing_else_does() {
        let device = Device::new();
        let client = device.client("webauthn.create", CHALLENGE);
        let registered = register(&site(), CHALLENGE, &client, &device.attestation()).unwrap();
        assert_eq!((registered.credential_id, registered.public_key.clone()), (vec![7; 16], device.cose()));
        let next = Device { count: 2, ..device };
        assert_eq!(next.answers(CHALLENGE, registered.sign_count), Ok(2));
        let (client, told, mut signed) = next.signs(CHALLENGE);
        let known = (registered.public_key.as_slice(), 1);
        let last = signed.len() - 1;
        signed[last] ^= 1;
        assert_eq!(verify(&site(), CHALLENGE, known, &client, &told, &signed), Err(Refusal::WrongSignature));
        let stranger = Device { count: 2, ..Device::new() }.signs(CHALLENGE).2;
        assert_eq!(verify(&site(), CHALLENGE, known, &client, &told, &stranger), Err(Refusal::WrongSignature));
    }

    #[test]
    fn another_challenge_is_refused() {
        assert_eq!(Device::new().answers(b"challenge of another page, 32 b.", 0), Err(Refusal::OtherChallenge));
        let device = Device::new();
        let client = device.client("webauthn.create", b"another");
        let refused = register(&site(), CHALLENGE, &client, &device.attestation());
        assert_eq!(refused, Err(Refusal::OtherChallenge));
    }

    #[test]
    fn another_origin_or_site_is_refused() {
        for (origin, rp_id) in [
            ("https://huifa.example.evil.example", "huifa.example"),
            ("http://huifa.example", "huifa.example"),
            ("https://huifa.example:8443", "huifa.example"),
            ("https://huifa.example", "evil.example"),
        ] {
            let mut device = Device::new();
            device.site = Site { origin: origin.to_owned(), rp_id: rp_id.to_owned() };
            assert_eq!(device.answers(CHALLENGE, 0), Err(Refusal::OtherSite), "{origin} {rp_id}");
        }
        let device = Device::new();
        let (_, told, signed) = device.signs(CHALLENGE);
        let framed = String::from_utf8(device.client("webauthn.get", CHALLENGE)).unwrap();
        let framed = framed.replace("\"crossOrigin\":false", "\"crossOrigin\":true");
        let refused = verify(&site(), CHALLENGE, (&device.cose(), 0), framed.as_bytes(), &told, &signed);
        assert_eq!(refused, Err(Refusal::OtherSite));
    }

    #[test]
    fn without_the_persons_verification_nothing_counts() {
        for (flags, refusal) in [(USER_PRESENT, Refusal::NotVerified), (USER_VERIFIED, Refusal::Absent)] {
            let device = Device { flags, ..Device::new() };
            assert_eq!(device.answers(CHALLENGE, 0), Err(refusal));
            let client = device.client("webauthn.create", CHALLENGE);
            assert_eq!(register(&site(), CHALLENGE, &client, &device.attestation()), Err(refusal));
        }
    }

    #[test]
    fn a_count_that_stands_or_goes_back_is_refused_and_devices_that_never_count_are_taken() {
        assert_eq!(Device { count: 5, ..Device::new() }.answers(CHALLENGE, 5), Err(Refusal::WentBack));
        assert_eq!(Device { count: 0, ..Device::new() }.answers(CHALLENGE, 5), Err(Refusal::WentBack));
        assert_eq!(Device { count: 0, ..Device::new() }.answers(CHALLENGE, 0), Ok(0));
    }

    #[test]
    fn a_registration_without_a_key_or_with_an_odd_name_is_refused() {
        let device = Device::new();
        let client = device.client("webauthn.create", CHALLENGE);
        let attestation = |flag: u8, length: u16| {
            let mut told = device.told(flag);
            told.extend([0; 16]);
            told.extend(length.to_be_bytes());
            told.extend(vec![7; usize::from(length)]);
            told.extend(device.cose());
            let map = Value::Map(vec![(Value::Text("authData".into()), Value::Bytes(told))]);
            let mut bytes = Vec::new();
            ciborium::into_writer(&map, &mut bytes).unwrap();
            bytes
        };
        for (flag, length, taken) in [
            (HAS_CREDENTIAL, 16, true),
            (HAS_CREDENTIAL, 1023, true),
            (HAS_CREDENTIAL, 15, false),
            (HAS_CREDENTIAL, 1024, false),
            (0, 16, false),
        ] {
            let registered = register(&site(), CHALLENGE, &client, &attestation(flag, length));
            assert_eq!(registered.is_ok(), taken, "{flag} {length}: {registered:?}");
        }
    }

    #[test]
    fn a_key_of_another_curve_or_size_is_not_taken() {
        let integer = |number: i64| Value::Integer(number.into());
        let bytes = |length: usize| Value::Bytes(vec![7; length]);
        let read = |entries: Vec<(i64, Value)>| {
            let map = Value::Map(entries.into_iter().map(|(label, value)| (integer(label), value)).collect());
            let mut cose = Vec::new();
            ciborium::into_writer(&map, &mut cose).unwrap();
            Key::read(&cose).map(|_| ())
        };
        let p256 = |curve, x, y| {
            read(vec![(1, integer(2)), (3, integer(-7)), (-1, integer(curve)), (-2, bytes(x)), (-3, bytes(y))])
        };
        let ed25519 = |curve, x| read(vec![(1, integer(1)), (3, integer(-8)), (-1, integer(curve)), (-2, bytes(x))]);
        let rsa = |n, e| read(vec![(1, integer(3)), (3, integer(-257)), (-1, bytes(n)), (-2, bytes(e))]);
        for taken in [p256(1, 32, 32), ed25519(6, 32)] {
            assert_eq!(taken, Ok(()));
        }
        for refused in [
            p256(2, 32, 32),
            p256(1, 31, 32),
            p256(1, 32, 33),
            ed25519(1, 32),
            ed25519(6, 33),
            rsa(256, 3),
            rsa(512, 3),
            read(vec![(1, integer(2)), (3, integer(-8))]),
        ] {
            assert_eq!(refused, Err(Refusal::UnknownKey));
        }
    }

    #[test]
    fn a_registration_is_no_sign_in_and_rubbish_is_neither() {
        let device = Device::new();
        let (client, told, signed) = device.signs(CHALLENGE);
        let refused = register(&site(), CHALLENGE, &client, &device.attestation());
        assert_eq!(refused, Err(Refusal::OtherPurpose));
        let create = device.client("webauthn.create", CHALLENGE);
        let refused = verify(&site(), CHALLENGE, (&device.cose(), 0), &create, &told, &signed);
        assert_eq!(refused, Err(Refusal::OtherPurpose));
        let whole = device.attestation();
        for end in 0..whole.len() {
            assert!(register(&site(), CHALLENGE, &create, &whole[..end]).is_err(), "cut at {end}");
        }
        for bytes in [&b""[..], b"{}", b"\xff\xff", &[0x9f; 4_000]] {
            assert_eq!(register(&site(), CHALLENGE, bytes, bytes), Err(Refusal::Malformed));
        }
    }
}
