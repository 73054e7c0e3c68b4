//! Where the master key comes from. It lies outside the database: who has a copy
//! of the one has nothing without the other.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use std::sync::{Arc, RwLock};

use super::{FIRST, Ring, Seals, hex, ring_of};
use crate::database::ClusterError;
use crate::database::cluster::make_base;

/// The master key's file in the data directory of the embedded default.
pub const KEY_FILE: &str = "master.key";
/// The fewest bytes a master key may have.
pub(super) const SHORTEST: usize = 32;

/// Why there is no master key. Printed on the terminal, hence in Chinese.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Neither setting is there, and no data directory of ours.
    #[error(
        "使用外部数据库时必须提供主密钥：请设置 HUIFA_KEY_FILE（密钥文件）或 HUIFA_KEY，内容为至少 32 个字符的随机文本，例如用 openssl rand -hex 32 生成，并另行妥善备份。"
    )]
    Missing,
    /// The data are there, their key is not; a new one would open none of them.
    #[error("数据目录 {} 中已有数据，但缺少主密钥文件 {KEY_FILE}。请从备份中恢复该文件，或用 HUIFA_KEY_FILE 指明其位置；新建密钥将无法读取已加密的个人信息。", .0.display())]
    Lost(PathBuf),
    /// Too little to be a secret.
    #[error("主密钥太短，至少需要 32 个字符，可用 openssl rand -hex 32 生成。")]
    TooShort,
    /// The file cannot be read or written.
    #[error("无法读写主密钥文件 {}：{error}。请检查文件是否存在及其权限。", .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The data directory cannot be made.
    #[error(transparent)]
    Directory(#[from] ClusterError),
    /// The key was given by the environment, which a program cannot change.
    #[error("主密钥由 HUIFA_KEY 给出，无法增加新版本。请改用密钥文件（HUIFA_KEY_FILE）。")]
    NoFile,
    /// A version is one byte.
    #[error("主密钥的版本已用完（255个）。")]
    TooMany,
    /// The system gave no random numbers for a new key.
    #[error("系统无法提供随机数，不能生成主密钥，请检查操作系统。")]
    Random,
}

/// Where to find the master key.
#[derive(Clone, Default)]
pub struct KeySettings {
    /// `HUIFA_KEY_FILE`: a file that holds it.
    pub file: Option<PathBuf>,
    /// `HUIFA_KEY`: the key itself; the file goes first.
    pub key: Option<Zeroizing<String>>,
}

impl fmt::Debug for KeySettings {
    /// Never shows the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySettings").field("file", &self.file).field("key", &self.key.as_ref().map(|_| "…")).finish()
    }
}

impl KeySettings {
    /// Reads the settings through `get`, which answers a variable's value.
    /// Empty values count as absent.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| get(name).filter(|value| !value.trim().is_empty());
        Self { file: get("HUIFA_KEY_FILE").map(PathBuf::from), key: get("HUIFA_KEY").map(Zeroizing::new) }
    }

    /// The key that somebody gave, to look at before it is used; none where the program makes its own.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn text(&self) -> Result<Option<Zeroizing<String>>, KeyError> {
        match &self.file {
            Some(file) => {
                let failed = |error| KeyError::File { path: file.clone(), error };
                Ok(Some(Zeroizing::new(fs::read_to_string(file).map_err(failed)?)))
            }
            None => Ok(self.key.clone()),
        }
    }
}

impl Seals {
    /// The seals of the installation: from the settings or, with the embedded
    /// database in `embedded`, from the key file there, made on first start.
    ///
    /// To be called before the database is opened for the first time: data
    /// without a key mean that it was lost, and no new one is made.
    ///
    /// # Errors
    /// When there is no key, or it is too short.
    pub fn load(settings: &KeySettings, embedded: Option<&Path>) -> Result<Self, KeyError> {
        if let Some(file) = &settings.file {
            return Self::from_file(file);
        }
        if let Some(key) = &settings.key {
            return Ok(Self { ring: Arc::new(RwLock::new(Arc::new(parse(key)?))), file: None });
        }
        let directory = embedded.ok_or(KeyError::Missing)?;
        let file = directory.join(KEY_FILE);
        if !file.exists() {
            if directory.join("postgres/data").exists() {
                return Err(KeyError::Lost(directory.to_owned()));
            }
            make_base(directory)?;
            create(&file)?;
        }
        Self::from_file(&file)
    }

    fn from_file(file: &Path) -> Result<Self, KeyError> {
        let ring = read_ring(file)?;
        Ok(Self { ring: Arc::new(RwLock::new(Arc::new(ring))), file: Some(Arc::new(file.to_owned())) })
    }

    /// Adds a new key to the key file, whole or not at all; running programs find it there.
    /// Gives its version.
    ///
    /// # Errors
    /// When the key does not come from a file, or the file cannot be written.
    pub fn add_key(&self) -> Result<u8, KeyError> {
        let file = self.file.as_deref().ok_or(KeyError::NoFile)?;
        let failed = |error| KeyError::File { path: file.clone(), error };
        let text = Zeroizing::new(fs::read_to_string(file).map_err(failed)?);
        let version = parse(&text)?.newest.checked_add(1).ok_or(KeyError::TooMany)?;
        let mut random = Zeroizing::new([0; 32]);
        getrandom::fill(random.as_mut_slice()).map_err(|_| KeyError::Random)?;
        let lines = text.lines().filter(|line| !line.trim().is_empty()).map(|line| match numbered(line) {
            (Some(_), _) => line.trim().to_owned(),
            (None, key) => format!("{FIRST}:{key}"),
        });
        let mut new = Zeroizing::new(lines.collect::<Vec<_>>().join("\n"));
        new.push_str(&format!("\n{version}:{}\n", hex(random.as_slice())));
        let beside = file.with_extension(format!("new-{}", uuid::Uuid::new_v4().simple()));
        let mode = fs::metadata(file).map_err(failed)?.permissions().mode();
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode & 0o660)
            .open(&beside)
            .and_then(|mut open| {
                open.write_all(new.as_bytes())?;
                open.sync_all()
            })
            .and_then(|()| fs::rename(&beside, file))
            .map_err(failed)?;
        self.refresh()?;
        Ok(version)
    }
}

/// The keys of a file.
pub(super) fn read_ring(file: &Path) -> Result<Ring, KeyError> {
    let failed = |error| KeyError::File { path: file.to_owned(), error };
    let text = Zeroizing::new(fs::read_to_string(file).map_err(failed)?);
    let mode = fs::metadata(file).map_err(failed)?.permissions().mode();
    if mode & 0o007 != 0 {
        tracing::warn!(file = %file.display(), "every user of this machine may read the master key; chmod 600 it");
    }
    parse(&text)
}

/// Keys as written: one a line, `2:…` naming the version; a key alone is the first.
fn parse(text: &str) -> Result<Ring, KeyError> {
    ring_of(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| {
        let (version, key) = numbered(line);
        (version.unwrap_or(FIRST), key.as_bytes())
    }))
}

/// A line's version and key.
fn numbered(line: &str) -> (Option<u8>, &str) {
    match line.trim().split_once(':') {
        Some((version, key)) if version.len() <= 3 => match version.parse() {
            Ok(version) => (Some(version), key.trim()),
            Err(_) => (None, line.trim()),
        },
        _ => (None, line.trim()),
    }
}

/// Makes a new key file, whole or not at all; one that another process made in
/// the meantime stays.
fn create(file: &Path) -> Result<(), KeyError> {
    let mut random = Zeroizing::new([0; 32]);
    getrandom::fill(random.as_mut_slice()).map_err(|_| KeyError::Random)?;
    let text = Zeroizing::new(hex(random.as_slice()) + "\n");
    let new = file.with_extension(format!("new-{}", uuid::Uuid::new_v4().simple()));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut open| {
            open.write_all(text.as_bytes())?;
            open.sync_all()
        })
        .and_then(|()| match fs::hard_link(&new, file) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        });
    fs::remove_file(&new).ok();
    written.map_err(|error| KeyError::File { path: file.to_owned(), error })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place(PathBuf);

    impl Place {
        fn new() -> Self {
            let name = format!("huifa-key-{}", uuid::Uuid::new_v4().simple());
            Self(std::env::temp_dir().join(name))
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).ok();
        }
    }

    #[test]
    fn the_first_start_makes_a_key_for_ourselves_and_later_starts_take_it() {
        let place = Place::new();
        let first = Seals::load(&KeySettings::default(), Some(&place.0)).unwrap();
        let again = Seals::load(&KeySettings::default(), Some(&place.0)).unwrap();
        assert_eq!(first.fingerprint(), again.fingerprint());
        let mode = fs::metadata(place.0.join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(&place.0).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn a_key_made_by_two_at_once_is_one() {
        let place = Place::new();
        let load = || Seals::load(&KeySettings::default(), Some(&place.0)).unwrap();
        let prints: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(load)).collect();
            let done = threads.into_iter().map(|thread| thread.join().unwrap());
            done.map(|seals| seals.fingerprint().to_owned()).collect()
        });
        assert!(prints.iter().all(|print| *print == prints[0]), "{prints:?}");
    }

    #[test]
    fn data_without_their_key_are_not_given_a_new_one() {
        let place = Place::new();
        fs::create_dir_all(place.0.join("postgres/data")).unwrap();
        let said = Seals::load(&KeySettings::default(), Some(&place.0)).unwrap_err();
        assert!(matches!(said, KeyError::Lost(_)), "{said}");
    }

    #[test]
    fn the_settings_go_first_and_must_be_long_enough() {
        let place = Place::new();
        fs::create_dir_all(&place.0).unwrap();
        let file = place.0.join("own.key");
        fs::write(&file, "0123456789abcdef0123456789abcdef\n").unwrap();
        let read =
            |name: &'static str, value: String| KeySettings::read(move |asked| (asked == name).then(|| value.clone()));
        let from_file = read("HUIFA_KEY_FILE", file.display().to_string());
        let from_key = read("HUIFA_KEY", "0123456789abcdef0123456789abcdef".to_owned());
        assert_eq!(
            Seals::load(&from_file, None).unwrap().fingerprint(),
            Seals::load(&from_key, None).unwrap().fingerprint()
        );
        assert!(!format!("{from_key:?}").contains("0123"));
        let short = Seals::load(&read("HUIFA_KEY", "too short".to_owned()), None);
        assert!(matches!(short, Err(KeyError::TooShort)));
        let none = Seals::load(&KeySettings::default(), None);
        assert!(matches!(none, Err(KeyError::Missing)));
        let gone = read("HUIFA_KEY_FILE", "/nowhere/at/all".to_owned());
        assert!(matches!(Seals::load(&gone, None), Err(KeyError::File { .. })));
    }
}
