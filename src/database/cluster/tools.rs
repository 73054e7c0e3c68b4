//! Finding the server's programs, and running them as the right user with none
//! of the caller's environment.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::ClusterError;
use super::owner::Owner;

/// The oldest major version whose features the schema uses.
pub const OLDEST_MAJOR: u32 = 15;

/// The programs without which a directory is no server's.
const PROGRAMS: [&str; 3] = ["initdb", "pg_ctl", "postgres"];

/// A directory with the server's programs, and their major version.
#[derive(Debug, Clone)]
pub(super) struct Tools {
    bin: PathBuf,
    pub(super) major: u32,
}

impl Tools {
    /// The installation for data of version `wanted`, or the newest for new data.
    pub(super) fn find(setting: Option<&Path>, data: &Path, wanted: Option<u32>) -> Result<Self, ClusterError> {
        let mut found = match setting {
            Some(bin) => {
                vec![Self::at(bin).ok_or_else(|| ClusterError::ToolsMissingIn(bin.to_owned()))?]
            }
            None => installed(),
        };
        found.sort_by_key(|tools| std::cmp::Reverse(tools.major));
        found.dedup_by(|one, other| one.bin == other.bin);

        if let Some(theirs) = wanted {
            let majors = found.iter().map(|tools| tools.major).collect::<Vec<_>>();
            return match found.into_iter().find(|tools| tools.major == theirs) {
                Some(tools) => Ok(tools),
                None if majors.is_empty() => Err(ClusterError::ToolsMissing),
                None => Err(ClusterError::OtherMajor { data: data.to_owned(), theirs, found: majors }),
            };
        }
        match found.into_iter().next() {
            None => Err(ClusterError::ToolsMissing),
            Some(tools) if tools.major < OLDEST_MAJOR => Err(ClusterError::ToolsTooOld { newest: tools.major }),
            Some(tools) => Ok(tools),
        }
    }

    /// The installation in `bin`, if it is complete and tells its version.
    fn at(bin: &Path) -> Option<Self> {
        if !PROGRAMS.iter().all(|name| bin.join(name).is_file()) {
            return None;
        }
        let bin = bin.canonicalize().ok()?;
        let said =
            Command::new(bin.join("postgres")).arg("--version").env_clear().stdin(Stdio::null()).output().ok()?;
        let major = major_in(&String::from_utf8_lossy(&said.stdout))?;
        Some(Self { bin, major })
    }

    /// The directory of the programs.
    pub(super) fn bin(&self) -> &Path {
        &self.bin
    }

    /// Runs one program to its end in `home`, as `owner`; its output on success.
    ///
    /// Paths are handed over relative to `home`, so that no character in them
    /// meets the shell inside `pg_ctl`.
    pub(super) fn run<I, S>(
        &self,
        tool: &'static str,
        owner: &Owner,
        home: &Path,
        arguments: I,
    ) -> Result<String, ClusterError>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let mut command = Command::new(self.bin.join(tool));
        command
            .args(arguments)
            .current_dir(home)
            .env_clear()
            .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
            .env("LC_ALL", "C")
            .env("TZ", "Asia/Shanghai")
            .stdin(Stdio::null());
        if let Some((uid, gid)) = owner.ids() {
            // The standard library drops the supplementary groups with the uid.
            command.gid(gid).uid(uid);
        }
        let failed = |output: String| ClusterError::Tool { tool, output };
        let done = command.output().map_err(|error| failed(error.to_string()))?;
        let mut said = String::from_utf8_lossy(&done.stdout).into_owned();
        if done.status.success() {
            return Ok(said);
        }
        said.push_str(&String::from_utf8_lossy(&done.stderr));
        Err(failed(last_lines(&said, 6)))
    }
}

/// The end of a program's output: what it failed of stands there.
pub(super) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(count);
    lines.get(from..).unwrap_or_default().join("\n")
}

/// The major version in `postgres (PostgreSQL) 15.18 (Debian …)`, `… 18beta1`.
fn major_in(said: &str) -> Option<u32> {
    let rest = said.split("(PostgreSQL)").nth(1)?.trim_start();
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Every complete installation in the places where systems put one.
fn installed() -> Vec<Tools> {
    let mut places: Vec<PathBuf> =
        env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default();
    if let Ok(said) = Command::new("pg_config").arg("--bindir").output() {
        places.push(PathBuf::from(String::from_utf8_lossy(&said.stdout).trim()));
    }
    places.extend(children("/usr/lib/postgresql", "", "bin"));
    places.extend(children("/usr", "pgsql-", "bin"));
    places.extend(children("/opt/homebrew/opt", "postgresql", "bin"));
    places.extend(children("/usr/local/opt", "postgresql", "bin"));
    places.push(PathBuf::from("/usr/local/pgsql/bin"));
    // Alpine and openSUSE.
    places.extend(children("/usr/libexec", "postgresql", ""));
    places.extend(children("/usr/lib", "postgresql", "bin"));

    let mut seen = Vec::new();
    for place in places {
        let Ok(place) = place.canonicalize() else {
            continue;
        };
        if !seen.contains(&place) {
            seen.push(place);
        }
    }
    seen.iter().filter_map(|place| Tools::at(place)).collect()
}

/// `parent/<prefix…>/below` for every entry of `parent` that has the prefix.
fn children(parent: &str, prefix: &str, below: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path().join(below))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_any_build() {
        assert_eq!(major_in("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major_in("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_in("postgres (PostgreSQL) 17devel"), Some(17));
        assert_eq!(major_in("something else"), None);
    }

    #[test]
    fn data_of_a_version_not_installed_are_refused() {
        let Err(error) = Tools::find(None, Path::new("/data"), Some(9)) else {
            panic!("no one has version 9 and 15 at once");
        };
        assert!(error.to_string().contains("由 PostgreSQL 9 建立"), "{error}");
    }
}
