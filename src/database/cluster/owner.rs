//! Whose the cluster's files are. PostgreSQL refuses to run as root, so root
//! hands the cluster to the system user `postgres`; everybody else keeps it.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, lchown};
use std::path::Path;
use std::process::Command;

use super::error::ClusterError;

/// The user who runs the server and owns its files.
#[derive(Debug, Clone)]
pub(super) enum Owner {
    /// The user of this process.
    Ourselves {
        /// The effective user id.
        uid: u32,
    },
    /// Another user, to whom root hands over.
    Other {
        /// The user id.
        uid: u32,
        /// The primary group id.
        gid: u32,
        /// The name, for messages.
        name: String,
    },
}

/// Whether this process may act for other users.
pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

impl Owner {
    /// The owner of the cluster below `home`, which may not exist yet.
    ///
    /// # Errors
    /// When files of another user lie there, or root finds nobody to hand over to.
    pub(super) fn of(home: &Path) -> Result<Self, ClusterError> {
        let me = rustix::process::geteuid().as_raw();
        let theirs = fs::metadata(home).ok().map(|meta| (meta.uid(), meta.gid()));
        match (theirs, is_root()) {
            (Some((uid, gid)), true) if uid != 0 => Ok(Self::Other { uid, gid, name: name_of(uid) }),
            (_, true) => system_user().ok_or(ClusterError::UserMissing),
            (Some((uid, _)), false) if uid != me => Err(ClusterError::Unusable {
                path: home.to_owned(),
                reason: format!("它属于用户 {}，请以该用户运行", name_of(uid)),
            }),
            (_, false) => Ok(Self::Ourselves { uid: me }),
        }
    }

    /// The ids to switch to, where this process is not the owner.
    pub(super) fn ids(&self) -> Option<(u32, u32)> {
        match self {
            Self::Ourselves { .. } => None,
            Self::Other { uid, gid, .. } => Some((*uid, *gid)),
        }
    }

    /// The owner's user id.
    pub(super) fn uid(&self) -> u32 {
        match self {
            Self::Ourselves { uid } | Self::Other { uid, .. } => *uid,
        }
    }

    /// Makes `path` the owner's; a symbolic link is never followed.
    pub(super) fn take(&self, path: &Path) -> io::Result<()> {
        match self.ids() {
            Some((uid, gid)) => lchown(path, Some(uid), Some(gid)),
            None => Ok(()),
        }
    }

    /// Refuses a directory whose parents the owner cannot pass through.
    pub(super) fn must_reach(&self, directory: &Path) -> Result<(), ClusterError> {
        let Self::Other { uid, gid, name } = self else {
            return Ok(());
        };
        let resolved = directory.canonicalize().map_err(|error| ClusterError::io(directory, &error))?;
        let mut above: Vec<&Path> = resolved.ancestors().collect();
        above.reverse();
        for path in above {
            let meta = fs::metadata(path).map_err(|error| ClusterError::io(path, &error))?;
            let mode = meta.permissions().mode();
            let enter = if meta.uid() == *uid {
                0o100
            } else if meta.gid() == *gid {
                0o010
            } else {
                0o001
            };
            if mode & enter == 0 {
                return Err(ClusterError::NotEnterable { path: path.to_owned(), user: name.clone() });
            }
        }
        Ok(())
    }
}

/// The system user of the server's package: `postgres`, on macOS `_postgres`.
fn system_user() -> Option<Owner> {
    ["postgres", "_postgres"].into_iter().find_map(|name| {
        Some(Owner::Other { uid: ask_id("-u", name)?, gid: ask_id("-g", name)?, name: name.to_owned() })
    })
}

fn ask_id(which: &str, name: &str) -> Option<u32> {
    let said = Command::new("id").args([which, name]).output().ok()?;
    String::from_utf8_lossy(&said.stdout).trim().parse().ok()
}

/// The name of a user for a message; the number where there is none.
fn name_of(uid: u32) -> String {
    let number = uid.to_string();
    Command::new("id")
        .args(["-nu", &number])
        .output()
        .ok()
        .filter(|said| said.status.success())
        .map(|said| String::from_utf8_lossy(&said.stdout).trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or(number)
}
