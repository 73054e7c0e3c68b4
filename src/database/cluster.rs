//! The private cluster of the embedded default: a PostgreSQL server of our own,
//! made on first use from the installed programs and reached by nobody else.
//!
//! Below the data directory:
//!
//! ```text
//! start.lock   held while somebody makes, starts or stops the server
//! users.lock   shared by every process that uses it; whoever gets it alone is the last
//! postgres/    data, run (the socket), log: 0700, the server user's own
//! ```
//!
//! The kernel drops the locks of a killed process, so nothing is ever counted
//! wrong and a kill -9 leaves nothing to repair. There is no TCP; the socket lies
//! in a directory that only its owner can enter. All of this blocks: call it from
//! a blocking thread.

mod error;
mod owner;
mod postmaster;
mod tools;

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgSslMode};

pub use error::ClusterError;
pub use tools::OLDEST_MAJOR;

use owner::{Owner, is_root};
use postmaster::State;
use tools::{Tools, last_lines};

/// The database role that owns the cluster and everything in it.
pub const ROLE: &str = "huifa";

/// The longest socket path that every system takes (macOS: 104 with its zero).
const SOCKET_PATH_LIMIT: usize = 103;
/// How long another process may take to make, start or stop the server.
const PATIENCE: Duration = Duration::from_secs(180);
/// How long a server may take to recover after a crash, in seconds.
const START_SECONDS: &str = "600";

/// What the data are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Worth {
    /// The business's data: every write reaches the disk; the last user stops the server.
    Kept,
    /// Tests: fast instead of safe, left running for the next run.
    Throwaway,
}

/// A process's share in a private cluster; the last one to leave stops it.
#[derive(Debug)]
pub struct Cluster {
    /// The data directory of the application.
    base: PathBuf,
    /// The server's own directory below it.
    home: PathBuf,
    socket: PathBuf,
    tools: Tools,
    owner: Owner,
    worth: Worth,
    /// The shared lock; none once this process has left.
    user: Option<File>,
}

impl Cluster {
    /// Makes the cluster in the data directory `base` if it is not there, starts
    /// it if it does not run, and joins its users.
    ///
    /// `pg_bin` names the only directory of server programs to consider.
    ///
    /// # Errors
    /// Each way it can fail is a [`ClusterError`] that says what to do.
    pub fn open(base: &Path, pg_bin: Option<&Path>) -> Result<Self, ClusterError> {
        Self::join(base, pg_bin, Worth::Kept)
    }

    /// The same for tests: unsafe against power loss, and left running.
    ///
    /// # Errors
    /// As [`Cluster::open`].
    pub fn throwaway(base: &Path, pg_bin: Option<&Path>) -> Result<Self, ClusterError> {
        match Self::join(base, pg_bin, Worth::Throwaway) {
            // Data of another version, or spoilt by a crash: worth nothing, make them anew.
            Err(ClusterError::OtherMajor { .. } | ClusterError::Tool { .. }) => {
                let start = lock_within(&base.join("start.lock"), PATIENCE)?;
                let alone = lock_file(&base.join("users.lock"))?;
                if alone.try_lock().is_ok() {
                    let old = base.join("postgres");
                    fs::remove_dir_all(&old).map_err(|error| ClusterError::io(&old, &error))?;
                }
                drop((alone, start));
                Self::join(base, pg_bin, Worth::Throwaway)
            }
            joined => joined,
        }
    }

    fn join(base: &Path, pg_bin: Option<&Path>, worth: Worth) -> Result<Self, ClusterError> {
        make_base(base)?;
        let base = base.canonicalize().map_err(|error| ClusterError::io(base, &error))?;
        let home = base.join("postgres");
        let data = home.join("data");

        let start = lock_within(&base.join("start.lock"), PATIENCE)?;
        let owner = Owner::of(&home)?;
        let tools = Tools::find(pg_bin, &data, version_of(&data)?)?;
        open_to(&owner, &base)?;
        own_directory(&home, &owner)?;
        own_directory(&home.join("log"), &owner)?;
        let user = lock_file(&base.join("users.lock"))?;
        user.lock_shared().map_err(|error| ClusterError::io(&base, &error))?;

        let mut cluster =
            Self { socket: socket_directory(&home, &owner), base, home, tools, owner, worth, user: Some(user) };
        // From here on a failure drops the cluster, which leaves in order; the
        // drop waits for the start lock, so that is let go first.
        let started = cluster.initialise().and_then(|()| cluster.start());
        drop(start);
        match started {
            Ok(socket) => {
                cluster.socket = socket;
                Ok(cluster)
            }
            Err(error) => {
                cluster.user = None;
                Err(error)
            }
        }
    }

    /// How to reach `database` in this cluster.
    #[must_use]
    pub fn options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.socket)
            .port(5432)
            .username(ROLE)
            .database(database)
            .ssl_mode(PgSslMode::Disable)
    }

    /// The directory of the server's programs, where `pg_dump` lies as well.
    #[must_use]
    pub fn bin(&self) -> &Path {
        self.tools.bin()
    }

    /// The directory of the server's socket.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Starts the server again if it died while in use; true if it had.
    ///
    /// # Errors
    /// When it does not come back.
    pub fn revive(&self) -> Result<bool, ClusterError> {
        if let State::Ready(_) = postmaster::state(&self.data(), self.owner.uid()) {
            return Ok(false);
        }
        let _start = lock_within(&self.base.join("start.lock"), PATIENCE)?;
        if let State::Ready(_) = postmaster::state(&self.data(), self.owner.uid()) {
            return Ok(false);
        }
        self.start()?;
        Ok(true)
    }

    /// Leaves the cluster, and stops it if nobody else uses it.
    ///
    /// # Errors
    /// When the server would not stop; it is then still safe, and the next run
    /// takes it over.
    pub fn leave(mut self) -> Result<(), ClusterError> {
        self.leave_once()
    }

    fn leave_once(&mut self) -> Result<(), ClusterError> {
        let Some(user) = self.user.take() else {
            return Ok(());
        };
        if self.worth == Worth::Throwaway {
            return Ok(());
        }
        let _start = lock_within(&self.base.join("start.lock"), PATIENCE)?;
        match user.try_lock() {
            Err(TryLockError::WouldBlock) => Ok(()),
            Err(TryLockError::Error(error)) => Err(ClusterError::io(&self.base, &error)),
            Ok(()) => self.stop(),
        }
    }

    fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    /// Makes the data, under another name until they are whole.
    fn initialise(&self) -> Result<(), ClusterError> {
        if self.data().exists() {
            return Ok(());
        }
        let making = self.home.join("data.new");
        let first = self.initdb(&making, &["--locale=C.UTF-8"]);
        match first {
            // Older macOS has no C.UTF-8: order by code point, know the letters.
            Err(ClusterError::Tool { output, .. }) if output.contains("locale") => {
                self.initdb(&making, &["--locale=C", "--lc-ctype=en_US.UTF-8"])?;
            }
            other => other?,
        }
        fs::rename(&making, self.data())
            .and_then(|()| File::open(&self.home)?.sync_all())
            .map_err(|error| ClusterError::io(&self.home, &error))
    }

    fn initdb(&self, making: &Path, locale: &[&str]) -> Result<(), ClusterError> {
        match fs::remove_dir_all(making) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(ClusterError::io(making, &error));
            }
            _ => {}
        }
        let mut arguments = vec![
            "--pgdata=data.new",
            "--username=huifa",
            "--encoding=UTF8",
            "--data-checksums",
            "--auth-local=trust",
            "--auth-host=reject",
        ];
        if self.worth == Worth::Throwaway {
            arguments.push("--no-sync");
        }
        arguments.extend(locale);
        self.tools.run("initdb", &self.owner, &self.home, arguments).map(drop)
    }

    /// Has the server running and ready; the directory of its socket.
    fn start(&self) -> Result<PathBuf, ClusterError> {
        let until = Instant::now() + PATIENCE;
        let mut tries_left = 20;
        loop {
            match postmaster::state(&self.data(), self.owner.uid()) {
                State::Ready(socket) => return Ok(socket),
                State::Changing if Instant::now() < until => sleep(Duration::from_millis(50)),
                State::Changing => return Err(ClusterError::Busy(self.home.clone())),
                State::Left => postmaster::clear(&self.data(), &self.socket),
                State::Stopped => match self.start_once() {
                    Ok(()) => {}
                    // Children of a killed server need a moment to notice.
                    Err(ClusterError::Tool { output, .. }) if tries_left > 0 && output.contains("still in use") => {
                        tries_left -= 1;
                        sleep(Duration::from_millis(500));
                    }
                    Err(error) => return Err(error),
                },
            }
        }
    }

    fn start_once(&self) -> Result<(), ClusterError> {
        own_directory(&self.socket, &self.owner)?;
        let log = self.home.join("log/start.log");
        let before = fs::metadata(&log).map_or(0, |meta| meta.len());
        let arguments: Vec<OsString> = vec![
            "start".into(),
            "--wait".into(),
            "--silent".into(),
            format!("--timeout={START_SECONDS}").into(),
            // Without a log file the server keeps our pipe and we wait for ever.
            "--log=log/start.log".into(),
            "--pgdata=data".into(),
            format!("--options={}", self.server_options()).into(),
        ];
        self.tools.run("pg_ctl", &self.owner, &self.home, arguments).map(drop).map_err(|error| match error {
            ClusterError::Tool { tool, output } => {
                ClusterError::Tool { tool, output: format!("{output}\n{}", said_since(&log, before)) }
            }
            other => other,
        })
    }

    /// The settings the house relies on, quoted for the shell inside `pg_ctl`.
    fn server_options(&self) -> String {
        let socket = self.socket.display();
        let mut settings = vec![
            "listen_addresses=".to_owned(),
            "port=5432".to_owned(),
            format!("unix_socket_directories={socket}"),
            "unix_socket_permissions=0700".to_owned(),
            "timezone=Asia/Shanghai".to_owned(),
            "log_timezone=Asia/Shanghai".to_owned(),
            // A refused row would stand in the log word by word: names, reasons, hashes of passwords.
            "log_error_verbosity=terse".to_owned(),
        ];
        let more: &[&str] = match self.worth {
            // A week of logs, each day's file overwritten the week after.
            Worth::Kept => &[
                "logging_collector=on",
                "log_directory=../log",
                "log_filename=%a.log",
                "log_rotation_age=1d",
                "log_rotation_size=0",
                "log_truncate_on_rotation=on",
            ],
            Worth::Throwaway => &[
                "fsync=off",
                "synchronous_commit=off",
                "full_page_writes=off",
                "wal_level=minimal",
                "max_wal_senders=0",
                "autovacuum=off",
                "max_connections=200",
                "shared_buffers=64MB",
            ],
        };
        settings.extend(more.iter().map(|setting| (*setting).to_owned()));
        settings.iter().map(|setting| format!("-c '{}'", setting.replace('\'', r"'\''"))).collect::<Vec<_>>().join(" ")
    }

    fn stop(&self) -> Result<(), ClusterError> {
        match postmaster::state(&self.data(), self.owner.uid()) {
            State::Stopped | State::Left => Ok(()),
            State::Ready(_) | State::Changing => self
                .tools
                .run(
                    "pg_ctl",
                    &self.owner,
                    &self.home,
                    ["stop", "--wait", "--silent", "--mode=fast", "--timeout=60", "--pgdata=data"],
                )
                .map(drop),
        }
    }
}

impl Drop for Cluster {
    /// Leaves in order also where an error keeps the program from closing.
    fn drop(&mut self) {
        if let Err(error) = self.leave_once() {
            tracing::warn!(%error, "the private cluster was left running");
        }
    }
}

/// The major version of the data, if there are any.
fn version_of(data: &Path) -> Result<Option<u32>, ClusterError> {
    let file = data.join("PG_VERSION");
    match fs::read_to_string(&file) {
        Ok(text) => match text.trim().parse() {
            Ok(major) => Ok(Some(major)),
            Err(_) => {
                Err(ClusterError::Unusable { path: file, reason: "其中没有 PostgreSQL 的版本号".to_owned() })
            }
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if data.exists() {
                return Err(ClusterError::Unusable {
                    path: data.to_owned(),
                    reason: "它不是 PostgreSQL 的数据目录（缺少 PG_VERSION）".to_owned(),
                });
            }
            Ok(None)
        }
        Err(error) => Err(ClusterError::io(&file, &error)),
    }
}

/// Makes the data directory: ours alone, but for root, whose database user must
/// be able to pass through it.
pub(crate) fn make_base(base: &Path) -> Result<(), ClusterError> {
    match fs::metadata(base) {
        Ok(meta) if meta.is_dir() => Ok(()),
        Ok(_) => Err(ClusterError::io(base, &io::ErrorKind::NotADirectory.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => DirBuilder::new()
            .recursive(true)
            .mode(if is_root() { 0o711 } else { 0o700 })
            .create(base)
            .map_err(|error| ClusterError::io(base, &error)),
        Err(error) => Err(ClusterError::io(base, &error)),
    }
}

/// Sees that the server's user can pass through to `base`. A directory that root
/// made for us alone (it holds nothing else yet) is opened just that far.
fn open_to(owner: &Owner, base: &Path) -> Result<(), ClusterError> {
    match owner.must_reach(base) {
        Err(ClusterError::NotEnterable { path, user }) if path == base => {
            let ours = fs::read_dir(base).map_err(|error| ClusterError::io(base, &error))?.flatten().all(|entry| {
                let name = entry.file_name();
                let known = ["start.lock", "users.lock", "postgres", crate::secrets::KEY_FILE];
                known.iter().any(|ours| name == *ours)
            });
            let meta = fs::metadata(base).map_err(|error| ClusterError::io(base, &error))?;
            if !ours || meta.uid() != 0 {
                return Err(ClusterError::NotEnterable { path, user });
            }
            let mode = meta.permissions().mode() | 0o011;
            fs::set_permissions(base, fs::Permissions::from_mode(mode)).map_err(|error| ClusterError::io(base, &error))
        }
        other => other,
    }
}

/// Makes `path` a directory that only the server's user can enter, or sees that
/// it is one: in a shared place somebody else may have made it first.
fn own_directory(path: &Path, owner: &Owner) -> Result<(), ClusterError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => owner.take(path).map_err(|error| ClusterError::io(path, &error))?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(ClusterError::io(path, &error)),
    }
    let meta = fs::symlink_metadata(path).map_err(|error| ClusterError::io(path, &error))?;
    // Root's own, of a run cut off between the two steps above.
    if meta.is_dir() && meta.uid() == 0 && is_root() && owner.uid() != 0 {
        return owner.take(path).map_err(|error| ClusterError::io(path, &error));
    }
    if meta.is_dir() && meta.uid() == owner.uid() && meta.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    Err(ClusterError::Unusable {
        path: path.to_owned(),
        reason: "它不是只属于数据库用户的目录（应为 0700）".to_owned(),
    })
}

/// Where the socket lies: beside the data, or where that path is too long or
/// holds characters a setting would need to quote, a short one named after it.
fn socket_directory(home: &Path, owner: &Owner) -> PathBuf {
    let beside = home.join("run");
    let text = beside.to_string_lossy();
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    if plain && text.len() + "/.s.PGSQL.5432".len() <= SOCKET_PATH_LIMIT {
        return beside;
    }
    let mut hasher = DefaultHasher::new();
    home.hash(&mut hasher);
    PathBuf::from(format!("/tmp/huifa-{}-{:016x}", owner.uid(), hasher.finish()))
}

/// Opens a lock file, making it where it is missing.
fn lock_file(path: &Path) -> Result<File, ClusterError> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| ClusterError::io(path, &error))
}

/// Takes the lock alone, waiting at most `patience`.
fn lock_within(path: &Path, patience: Duration) -> Result<File, ClusterError> {
    let file = lock_file(path)?;
    let until = Instant::now() + patience;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < until => {
                sleep(Duration::from_millis(10));
            }
            Err(TryLockError::WouldBlock) => return Err(ClusterError::Busy(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(ClusterError::io(path, &error)),
        }
    }
}

/// What the log has gained since it was `before` bytes long.
fn said_since(log: &Path, before: u64) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let from = usize::try_from(before).unwrap_or(0).min(bytes.len());
    last_lines(&String::from_utf8_lossy(bytes.get(from..).unwrap_or_default()), 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_moves_where_its_path_would_be_too_long_or_need_quotes() {
        let owner = Owner::Ourselves { uid: 7 };
        let short = socket_directory(Path::new("/var/lib/huifa/postgres"), &owner);
        assert_eq!(short, Path::new("/var/lib/huifa/postgres/run"));
        for awkward in ["/x".repeat(60), "/数据/a b".to_owned(), "/it's".to_owned()] {
            let moved = socket_directory(Path::new(&awkward), &owner);
            assert!(moved.starts_with("/tmp"), "{}", moved.display());
            assert_eq!(moved, socket_directory(Path::new(&awkward), &owner));
        }
    }

    #[test]
    fn a_directory_without_a_version_is_no_data() {
        let data = std::env::temp_dir().join(format!("huifa-{}", uuid::Uuid::new_v4()));
        assert!(version_of(&data).unwrap().is_none());
        fs::create_dir(&data).unwrap();
        assert!(version_of(&data).unwrap_err().to_string().contains("PG_VERSION"));
        fs::write(data.join("PG_VERSION"), "14\n").unwrap();
        assert_eq!(version_of(&data).unwrap(), Some(14));
        fs::remove_dir_all(data).unwrap();
    }
}
