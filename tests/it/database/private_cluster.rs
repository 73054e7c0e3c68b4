//! The embedded default in real processes: first and later starts, sharing,
//! kills, and everything that can be wrong with the machine.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::child::{App, User};
use crate::support::database::{scratch, whoami};

/// A directory that every user may enter, gone with this value; the server in
/// it is stopped first if a failed test left it running.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        let path = scratch().join(format!("huifa-place-{}", Uuid::new_v4().simple()));
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
        Self(path)
    }

    /// The data directory, which does not exist yet.
    fn data(&self) -> PathBuf {
        self.0.join("huifa")
    }

    fn postmaster(&self) -> Option<u32> {
        postmaster(&self.data())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(pid) = self.postmaster() {
            kill(pid);
        }
        fs::remove_dir_all(&self.0).ok();
    }
}

fn postmaster(data: &Path) -> Option<u32> {
    let text = fs::read_to_string(data.join("postgres/data/postmaster.pid")).ok()?;
    text.lines().next()?.parse().ok()
}

fn kill(pid: u32) {
    Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
}

/// The users to try: as an ordinary user this run is one already.
fn users() -> Vec<User> {
    if whoami() == "0" { vec![User::Same, User::Nobody] } else { vec![User::Same] }
}

#[track_caller]
fn refusal(data: &Path, user: User, programs: Option<&Path>) -> String {
    match App::start(data, user, programs) {
        Ok(_) => panic!("it started"),
        Err(said) => said,
    }
}

#[test]
fn the_first_makes_it_the_second_attaches_and_the_last_stops_it() {
    for user in users() {
        let place = Place::new();
        let mut first = App::start(&place.data(), user, None).unwrap();
        assert_eq!(first.order("put"), "ok");
        let server = place.postmaster();
        assert!(server.is_some());

        let mut second = App::start(&place.data(), user, None).unwrap();
        assert_eq!(place.postmaster(), server, "one server for both");
        assert_eq!(second.order("count"), "1");
        first.close();
        assert_eq!(second.order("put"), "ok");
        second.close();
        assert_eq!(place.postmaster(), None, "stopped in order");

        let mut third = App::start(&place.data(), user, None).unwrap();
        assert_eq!(third.order("count"), "2");
        third.close();
        assert_eq!(place.postmaster(), None);
    }
}

#[test]
fn nobody_else_can_reach_it() {
    let place = Place::new();
    let mut app = App::start(&place.data(), User::Same, None).unwrap();
    let home = place.data().join("postgres");
    for private in [home.clone(), home.join("run"), home.join("data")] {
        let mode = fs::metadata(&private).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", private.display());
    }
    let pid_file = fs::read_to_string(home.join("data/postmaster.pid")).unwrap();
    assert_eq!(pid_file.lines().nth(5), Some(""), "no TCP address");
    // Its log says that a row was refused, and not what stood in it.
    assert_eq!(app.order("refuse"), "failed");
    let read = |file: std::io::Result<fs::DirEntry>| fs::read_to_string(file.unwrap().path()).unwrap();
    let mut logged = String::new();
    for _ in 0..100 {
        logged = fs::read_dir(home.join("log")).unwrap().map(read).collect();
        if logged.contains("violates") {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(logged.contains("violates check constraint") && !logged.contains("SecretName"), "{logged}");
    app.close();
}

#[test]
fn several_at_once_on_a_fresh_directory_share_one() {
    let place = Place::new();
    let mut apps: Vec<App> = (0..4).map(|_| App::launch(&place.data(), User::Same, None)).collect();
    for app in &mut apps {
        assert_eq!(app.answer(), "ready");
    }
    assert_eq!(apps[0].order("put"), "ok");
    assert_eq!(apps[3].order("count"), "1");
    for app in apps {
        app.close();
    }
    assert_eq!(place.postmaster(), None);
}

#[test]
fn a_killed_program_leaves_nothing_to_repair() {
    for user in users() {
        let place = Place::new();
        let mut first = App::start(&place.data(), user, None).unwrap();
        assert_eq!(first.order("put"), "ok");
        let server = place.postmaster();
        first.kill();
        let mut second = App::start(&place.data(), user, None).unwrap();
        assert_eq!(place.postmaster(), server, "the server lived on");
        assert_eq!(second.order("count"), "1");
        second.close();
        assert_eq!(place.postmaster(), None, "the last user stops it");
    }
}

#[test]
fn a_killed_server_and_program_recover_with_every_acknowledged_row() {
    for user in users() {
        let place = Place::new();
        let mut first = App::start(&place.data(), user, None).unwrap();
        for _ in 0..5 {
            assert_eq!(first.order("put"), "ok");
        }
        kill(place.postmaster().unwrap());
        first.kill();
        let mut second = App::start(&place.data(), user, None).unwrap();
        assert_eq!(second.order("count"), "5");
        second.close();
        assert_eq!(place.postmaster(), None);
    }
}

#[test]
fn a_server_killed_under_a_living_program_is_started_again() {
    let place = Place::new();
    let mut app = App::start(&place.data(), User::Same, None).unwrap();
    assert_eq!(app.order("put"), "ok");
    let killed = place.postmaster().unwrap();
    kill(killed);
    let until = Instant::now() + Duration::from_secs(60);
    while app.order("count") != "1" {
        assert!(Instant::now() < until, "it did not come back");
        sleep(Duration::from_millis(200));
    }
    assert_ne!(place.postmaster(), Some(killed));
    app.close();
    assert_eq!(place.postmaster(), None);
}

#[test]
fn a_first_start_cut_off_is_started_over() {
    let place = Place::new();
    let app = App::start(&place.data(), User::Same, None).unwrap();
    app.close();
    let home = place.data().join("postgres");
    fs::rename(home.join("data"), home.join("data.new")).unwrap();
    fs::remove_file(home.join("data.new/PG_VERSION")).unwrap();
    App::start(&place.data(), User::Same, None).unwrap().close();
    assert!(!home.join("data.new").exists());
}

#[test]
fn a_long_or_awkward_path_serves_as_well() {
    let place = Place::new();
    let data = place.0.join(format!("{} 惠法's \"$HOME\" `x`", "长".repeat(30)));
    let mut app = App::start(&data, User::Same, None).unwrap();
    assert_eq!(app.order("put"), "ok");
    let moved = fs::read_to_string(data.join("postgres/data/postmaster.pid")).unwrap();
    let socket = PathBuf::from(moved.lines().nth(4).unwrap());
    assert!(socket.starts_with("/tmp"), "{}", socket.display());
    app.close();
    assert_eq!(postmaster(&data), None);
    fs::remove_dir(socket).unwrap();
}

#[test]
fn data_of_another_major_version_are_refused_and_untouched() {
    let place = Place::new();
    App::start(&place.data(), User::Same, None).unwrap().close();
    let version = place.data().join("postgres/data/PG_VERSION");
    fs::write(&version, "9\n").unwrap();
    let said = refusal(&place.data(), User::Same, None);
    assert!(said.contains("由 PostgreSQL 9 建立") && said.contains("请安装 PostgreSQL 9"), "{said}");
}

#[test]
fn a_directory_that_cannot_serve_is_named() {
    for user in users() {
        let place = Place::new();
        fs::write(place.data(), "a file").unwrap();
        let said = refusal(&place.data(), user, None);
        assert!(said.contains("不是目录") && said.contains("HUIFA_DATA_DIR"), "{said}");
        let said = refusal(&place.data().join("below"), user, None);
        assert!(said.contains("不是目录"), "{said}");
    }
}

#[test]
fn a_directory_one_may_not_write_is_named() {
    let (place, user) = match users().last() {
        Some(user) => (Place::new(), *user),
        None => return,
    };
    fs::create_dir(place.data()).unwrap();
    fs::set_permissions(place.data(), fs::Permissions::from_mode(0o555)).unwrap();
    let said = refusal(&place.data(), user, None);
    assert!(said.contains("权限"), "{said}");
}

#[test]
fn missing_programs_are_named_with_what_to_do() {
    let place = Place::new();
    let empty = place.0.join("empty");
    fs::create_dir(&empty).unwrap();
    let said = refusal(&place.data(), User::Same, Some(&empty));
    assert!(said.contains("HUIFA_PG_BIN") && said.contains("initdb"), "{said}");
}

#[test]
fn root_is_told_where_the_database_user_cannot_go() {
    if whoami() != "0" {
        return;
    }
    let place = Place::new();
    let closed = place.0.join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    let said = refusal(&closed.join("huifa"), User::Same, None);
    assert!(said.contains("closed") && said.contains("/var/lib/huifa"), "{said}");
}

#[test]
fn root_opens_its_own_empty_directory_just_far_enough() {
    if whoami() != "0" {
        return;
    }
    let place = Place::new();
    fs::create_dir(place.data()).unwrap();
    fs::set_permissions(place.data(), fs::Permissions::from_mode(0o700)).unwrap();
    App::start(&place.data(), User::Same, None).unwrap().close();
    let mode = fs::metadata(place.data()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o711);
}

#[test]
fn root_keeps_to_the_user_whose_data_they_are_and_others_keep_out() {
    if whoami() != "0" {
        return;
    }
    let place = Place::new();
    let mut theirs = App::start(&place.data(), User::Nobody, None).unwrap();
    assert_eq!(theirs.order("put"), "ok");
    theirs.close();
    let mut as_root = App::start(&place.data(), User::Same, None).unwrap();
    assert_eq!(as_root.order("count"), "1");
    as_root.close();
    App::start(&place.data(), User::Nobody, None).unwrap().close();

    let other = Place::new();
    App::start(&other.data(), User::Same, None).unwrap().close();
    let said = refusal(&other.data(), User::Nobody, None);
    assert!(said.contains("权限"), "{said}");
}
