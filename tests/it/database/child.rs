//! A user of the private cluster in a process of its own: this test binary,
//! started again, takes orders on its standard input.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use huifa::database::{DatabaseSettings, open};

const DIRECTORY: &str = "HUIFA_TEST_CHILD_DIRECTORY";
const PROGRAMS: &str = "HUIFA_TEST_CHILD_PROGRAMS";

/// As whom the program runs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum User {
    /// As the tests do.
    Same,
    /// As `nobody`, where the tests run as root.
    Nobody,
}

/// A running program with the database open.
pub(crate) struct App {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl App {
    /// Starts one on `directory`; the sentence it ended with where it failed.
    pub(crate) fn start(directory: &Path, user: User, programs: Option<&Path>) -> Result<Self, String> {
        let mut app = Self::launch(directory, user, programs);
        match app.answer() {
            said if said == "ready" => Ok(app),
            said => {
                app.child.wait().ok();
                Err(said)
            }
        }
    }

    /// Starts one without waiting for its database.
    pub(crate) fn launch(directory: &Path, user: User, programs: Option<&Path>) -> Self {
        let program = program_for(user);
        let mut command = Command::new(&program.path);
        command
            .args(["--exact", "database::child::serves_its_parent", "--nocapture"])
            .env(DIRECTORY, directory)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if let Some(programs) = programs {
            command.env(PROGRAMS, programs);
        }
        if let User::Nobody = user {
            command.uid(65_534).gid(65_534);
        }
        let mut child = command.spawn().expect("the test binary starts again");
        App {
            orders: child.stdin.take().expect("its input"),
            answers: BufReader::new(child.stdout.take().expect("its output")),
            child,
        }
    }

    /// Its next answer, past what the test harness prints.
    pub(crate) fn answer(&mut self) -> String {
        loop {
            let mut line = String::new();
            let read = self.answers.read_line(&mut line).expect("its answer");
            if read == 0 {
                return "gone".to_owned();
            }
            if let Some((_, said)) = line.split_once("> ") {
                return said.trim_end().to_owned();
            }
        }
    }

    /// Gives an order and waits for the answer.
    pub(crate) fn order(&mut self, order: &str) -> String {
        writeln!(self.orders, "{order}").expect("it listens");
        self.answer()
    }

    /// Ends it in order.
    pub(crate) fn close(mut self) {
        assert_eq!(self.order("close"), "closed");
        self.child.wait().expect("its end");
    }

    /// Ends it as the kernel would.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it was alive");
        self.child.wait().expect("its end");
    }
}

/// This binary, where the user may run it; a copy goes once it is running.
struct Program {
    path: PathBuf,
    copied: bool,
}

impl Drop for Program {
    fn drop(&mut self) {
        if self.copied {
            fs::remove_file(&self.path).ok();
        }
    }
}

fn program_for(user: User) -> Program {
    let this = std::env::current_exe().expect("this binary");
    match user {
        User::Same => Program { path: this, copied: false },
        User::Nobody => {
            let name = format!("huifa-it-{}", uuid::Uuid::new_v4().simple());
            let path = std::env::temp_dir().join(name);
            fs::copy(&this, &path).expect("a copy of this binary");
            Program { path, copied: true }
        }
    }
}

/// The other side: does nothing in an ordinary run.
#[tokio::test]
async fn serves_its_parent() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let settings = DatabaseSettings {
        data_dir: Some(directory.into()),
        pg_bin: std::env::var_os(PROGRAMS).map(PathBuf::from),
        ..Default::default()
    };
    let database = match open(&settings).await {
        Ok(database) => database,
        Err(error) => {
            println!("> {}", format!("{error:#}").replace('\n', " / "));
            return;
        }
    };
    // What a child writes is no table of the product: it is the owner's.
    let owner = huifa::database::pool(database.owner.clone(), 2).await.expect("the owner");
    println!("> ready");
    for order in std::io::stdin().lines() {
        match order.expect("an order").as_str() {
            "put" => {
                let put = "create table if not exists written (n serial); \
                           insert into written default values";
                let done = sqlx::raw_sql(put).execute(&owner).await;
                println!("> {}", if done.is_ok() { "ok" } else { "failed" });
            }
            "count" => {
                let count = sqlx::query_scalar::<_, i64>("select count(*) from written");
                match count.fetch_one(&owner).await {
                    Ok(count) => println!("> {count}"),
                    Err(_) => println!("> failed"),
                }
            }
            // A row that a rule of the schema refuses.
            "refuse" => {
                let refused = "create table if not exists ruled (name text check (name = '')); \
                               insert into ruled select 'Secret' || 'Name'";
                let done = sqlx::raw_sql(refused).execute(&owner).await;
                println!("> {}", if done.is_ok() { "ok" } else { "failed" });
            }
            _ => break,
        }
    }
    owner.close().await;
    database.close().await.expect("the database closes");
    println!("> closed");
}
