//! Whether a server runs on the data, judged by `postmaster.pid` and by what
//! that process really is: after a kill -9 the number may belong to a zombie
//! that nobody reaps, or to a stranger, and PostgreSQL would wait for either.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What stands behind `postmaster.pid`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum State {
    /// There is no such file: stopped in order, or never started.
    Stopped,
    /// A server of ours, accepting connections at this socket directory.
    Ready(PathBuf),
    /// A server of ours that is starting, recovering or stopping.
    Changing,
    /// The file is left over; the process is gone, dead or another one.
    Left,
}

/// Looks at the server of the data directory `data`, owned by user `uid`.
pub(super) fn state(data: &Path, uid: u32) -> State {
    let text = match fs::read_to_string(data.join("postmaster.pid")) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return State::Stopped,
        Err(_) => return State::Left,
    };
    // pid, data directory, start, port, socket directory, address, shm, status
    let mut lines = text.lines();
    let Some(pid) = lines.next().and_then(|line| line.trim().parse::<u32>().ok()) else {
        return State::Left;
    };
    if !is_server(pid, data, uid) {
        return State::Left;
    }
    let socket = lines.nth(3).unwrap_or_default().to_owned();
    let status = lines.nth(2).unwrap_or_default().trim().to_owned();
    if status == "ready" && !socket.is_empty() { State::Ready(PathBuf::from(socket)) } else { State::Changing }
}

/// Whether `pid` is a living server working in `data`.
fn is_server(pid: u32, data: &Path, uid: u32) -> bool {
    if !cfg!(target_os = "linux") {
        return is_server_by_ps(pid);
    }
    let process = PathBuf::from(format!("/proc/{pid}"));
    let Ok(stat) = fs::read_to_string(process.join("stat")) else {
        return false;
    };
    // `pid (name) S …`; the name may itself hold brackets.
    let condition = stat.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
    if matches!(condition, None | Some('Z' | 'X')) {
        return false;
    }
    match fs::read_link(process.join("cwd")) {
        Ok(cwd) => data.canonicalize().is_ok_and(|data| data == cwd),
        // A container's root may not look into other users' processes.
        Err(_) => {
            let name = fs::read_to_string(process.join("comm")).unwrap_or_default();
            name.trim().starts_with("postgres") && fs::metadata(&process).is_ok_and(|meta| meta.uid() == uid)
        }
    }
}

/// The same where there is no `/proc`: a living process named like the server.
fn is_server_by_ps(pid: u32) -> bool {
    let pid = pid.to_string();
    let Ok(said) = Command::new("ps").args(["-o", "state=", "-o", "comm=", "-p", &pid]).output() else {
        return false;
    };
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let said = said.trim();
    !said.is_empty() && !said.starts_with('Z') && said.contains("postgres")
}

/// Clears away what a dead server left, once no child of it works on the data.
///
/// The lock beside the socket names the same dead process and blocks as well.
pub(super) fn clear(data: &Path, socket: &Path) {
    let until = Instant::now() + Duration::from_secs(15);
    while has_workers(data) && Instant::now() < until {
        sleep(Duration::from_millis(50));
    }
    for left in [data.join("postmaster.pid"), socket.join(".s.PGSQL.5432.lock")] {
        if let Err(error) = fs::remove_file(&left)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(path = %left.display(), %error, "cannot remove a stale lock file");
        }
    }
}

/// Whether any living process works in the data directory.
fn has_workers(data: &Path) -> bool {
    let (Ok(data), Ok(processes)) = (data.canonicalize(), fs::read_dir("/proc")) else {
        return false;
    };
    processes.flatten().filter_map(|process| fs::read_link(process.path().join("cwd")).ok()).any(|cwd| cwd == data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fake(content: &str) -> PathBuf {
        let unique = uuid::Uuid::new_v4();
        let data = std::env::temp_dir().join(format!("huifa-postmaster-{unique}"));
        fs::create_dir_all(&data).unwrap();
        fs::write(data.join("postmaster.pid"), content).unwrap();
        data
    }

    #[test]
    fn a_strangers_number_an_empty_file_and_a_dead_process_are_left_overs() {
        let me = std::process::id().to_string();
        for content in [me.as_str(), "", "not a number", "4194304999"] {
            let data = fake(content);
            assert_eq!(state(&data, 0), State::Left, "{content}");
            clear(&data, &data);
            assert_eq!(state(&data, 0), State::Stopped, "{content}");
            fs::remove_dir_all(data).unwrap();
        }
    }
}
