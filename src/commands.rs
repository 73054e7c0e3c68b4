//! What can be typed after `huifa`.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, FixedOffset, NaiveDateTime};
use huifa::accounts::passwords::Passwords;
use huifa::accounts::setup::SetupToken;
use huifa::clock::Clock;
use huifa::config::Config;
use huifa::database::wall::{self, Wall};
use huifa::database::{self, Database, rights};
use huifa::installation::{self, Purpose};
use huifa::plan::time::SHANGHAI;
use huifa::secrets::{Seals, rotation};
use huifa::state::AppState;
use huifa::web::visits::{VisitSettings, Visits};
use huifa::{accounts, build_router, check, demo, jobs, safety, sbom, trial, web};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

const HELP: &str = "\
惠法 Huifa

用法：huifa <命令>

  serve                 启动系统（默认）
  demo [--at 时刻] [--fresh]
                        启动演示系统：虚构人员、可调时间；时刻如 2024-06-05T09:00
                        --fresh 清空演示数据后重新填写
  migrate               只更新数据库结构
  check [--demo]        核对已存数据的各项约束，有问题时退出码为 1；--demo 核对演示数据
  recover <登录名>      系统或安全管理员登录不了时，在服务器上重给初始密码
  trial duty-pay        值班补贴试算：标准输入读 JSON，标准输出写 JSON
  trial case-subsidy    案件补贴试算
  routes [--json]       列出全部地址：方法、谁可以用、范围、是否改动数据、是否需要提交编号
  keys                  列出主密钥的版本；keys add 增加新版本，keys rotate 把数据换到最新版本（运行中可做）
  sbom                  输出所用组件清单（CycloneDX JSON）
  help                  显示本说明

设置见 .env.example。
";

/// Runs the command.
///
/// # Errors
/// In words, for the terminal.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<ExitCode> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] | ["serve"] => in_runtime(serve()),
        ["demo", options @ ..] => in_runtime(demonstration(DemoOptions::parse(options)?)),
        ["recover", login] => in_runtime(recover((*login).to_owned())),
        ["migrate"] => in_runtime(migrate()),
        ["check"] => in_runtime(check_stored(Purpose::Production)),
        ["check", "--demo"] => in_runtime(check_stored(Purpose::Demonstration)),
        ["routes"] => in_runtime(print_routes(Format::Table)),
        ["routes", "--json"] => in_runtime(print_routes(Format::Json)),
        ["keys"] => in_runtime(keys(KeyStep::List)),
        ["keys", "add"] => in_runtime(keys(KeyStep::Add)),
        ["keys", "rotate"] => in_runtime(keys(KeyStep::Rotate)),
        ["sbom"] => print_sbom(),
        ["trial", kind] => {
            Ok(trial::run(kind, std::io::stdin().lock(), std::io::stdout().lock(), std::io::stderr().lock()))
        }
        ["help" | "--help" | "-h"] => {
            std::io::stdout().write_all(HELP.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            std::io::stderr().write_all(HELP.as_bytes())?;
            Ok(ExitCode::from(2))
        }
    }
}

fn in_runtime(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_env("HUIFA_LOG").unwrap_or_else(|_| EnvFilter::new("warn,huifa=info")))
        .with_writer(std::io::stderr)
        .init();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

/// What `demo` was told.
struct DemoOptions {
    at: DateTime<FixedOffset>,
    fresh: bool,
}

impl DemoOptions {
    fn parse(words: &[&str]) -> anyhow::Result<DemoOptions> {
        let mut options = DemoOptions { at: demo::stands_at(), fresh: false };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--fresh" => options.fresh = true,
                "--at" => {
                    let typed = words.next().copied().unwrap_or_default();
                    options.at = NaiveDateTime::parse_from_str(typed, "%Y-%m-%dT%H:%M")
                        .ok()
                        .and_then(|naive| naive.and_local_timezone(SHANGHAI).single())
                        .filter(|at| demo::covers(*at))
                        .with_context(|| format!("--at 应写成 2024-06-05T09:00，在2024年内；现在是“{typed}”"))?;
                }
                other => anyhow::bail!("不认识的选项“{other}”"),
            }
        }
        Ok(options)
    }
}

/// An opened and migrated database with what belongs to it.
struct Opened {
    database: Database,
    config: Config,
    seals: Seals,
}

async fn open(purpose: Purpose) -> anyhow::Result<Opened> {
    let mut config = Config::from_environment()?;
    if purpose == Purpose::Demonstration && config.data_dir.is_none() && config.database_url.is_none() {
        let usual = config.database().data_dir()?;
        let name = usual.file_name().map(|name| format!("{}-demo", name.to_string_lossy())).unwrap_or_default();
        config.data_dir = Some(usual.with_file_name(name));
    }
    let settings = config.database();
    let mut dangers = safety::of_settings(&config, purpose);
    dangers.extend(config.key.text()?.and_then(|key| safety::of_key(&key)));
    safety::insist(&config, dangers)?;
    // The key goes first: data without their key are not opened, and no new key is made for them.
    let embedded = if config.database_url.is_none() { Some(settings.data_dir()?) } else { None };
    let seals = Seals::load(&config.key, embedded.as_deref())?;
    let database = database::open(&settings).await?;
    Ok(Opened { database, config, seals })
}

impl Opened {
    async fn migrate(&self, purpose: Purpose, clock: &Clock) -> anyhow::Result<()> {
        rights::migrate(&self.database.owner).await?;
        installation::claim(&self.database.pool, purpose, &self.seals, clock.now()).await
    }

    /// The private cluster is the program's own; on somebody else's server it serves under a
    /// role with no more rights than it needs.
    async fn insist_on_a_modest_role(&self) -> anyhow::Result<()> {
        if self.config.database_url.is_none() {
            return Ok(());
        }
        let danger = safety::of_database_role(&self.database.pool).await?;
        safety::insist(&self.config, danger.into_iter().collect())
    }

    fn state(&self, clock: Clock, purpose: Purpose) -> anyhow::Result<AppState> {
        Ok(AppState {
            pool: self.database.pool.clone(),
            clock,
            config: Arc::new(self.config.clone()),
            seals: Arc::new(self.seals.clone()),
            passwords: Passwords::new(2)?,
            setup: SetupToken::random()?,
            visits: Visits::new(self.config.visits)?,
            demonstration: purpose == Purpose::Demonstration,
        })
    }
}

async fn serve() -> anyhow::Result<ExitCode> {
    let opened = open(Purpose::Production).await?;
    let outcome = async {
        let clock = Clock::system();
        opened.insist_on_a_modest_role().await?;
        opened.migrate(Purpose::Production, &clock).await?;
        let state = opened.state(clock, Purpose::Production)?;
        let listener = listen(&state).await?;
        say(&format!("惠法已启动：{}", address(&state)))?;
        let mut conn = state.pool.acquire().await?;
        if !accounts::db::any_account(&mut conn).await? {
            say(&format!(
                "系统还是空的。请打开 {}/set-up?token={} 建立第一个管理员账号；口令只在本次启动有效。",
                address(&state),
                state.setup.reveal()
            ))?;
        }
        drop(conn);
        let daily = tokio::spawn(look_for_unused_accounts(state.clone()));
        let served = run_server(listener, &state).await;
        daily.abort();
        served
    }
    .await;
    close(opened.database, outcome).await
}

/// At the start and once a day: accounts that nobody uses are disabled.
async fn look_for_unused_accounts(state: AppState) {
    let mut day = tokio::time::interval(std::time::Duration::from_secs(24 * 60 * 60));
    loop {
        day.tick().await;
        match accounts::disable_unused(&state).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "unused accounts were disabled"),
            Err(error) => tracing::error!(error = format!("{error:#}"), "unused accounts were not looked for"),
        }
    }
}

async fn demonstration(options: DemoOptions) -> anyhow::Result<ExitCode> {
    let opened = open(Purpose::Demonstration).await?;
    let outcome = async {
        if options.fresh {
            installation::empty(&opened.database.owner).await?;
        }
        let clock = Clock::standing_at(options.at);
        opened.insist_on_a_modest_role().await?;
        opened.migrate(Purpose::Demonstration, &clock).await?;
        let state = opened.state(clock, Purpose::Demonstration)?;
        let listener = listen(&state).await?;
        let mut conn = state.pool.acquire().await?;
        if accounts::db::any_account(&mut conn).await? {
            if let Some(last) = installation::last_recorded(&mut conn).await? {
                state.clock.set(last.with_timezone(&SHANGHAI).max(options.at));
            }
        } else {
            say("正在填写演示数据，请稍候……")?;
            demo::fill(&state, options.at).await?;
            jobs::seal(&state).await;
        }
        drop(conn);
        say(&format!(
            "惠法演示系统已启动：{}（演示时间 {}）",
            address(&state),
            state.clock.now().format("%Y年%-m月%-d日 %H:%M")
        ))?;
        say(&demo::account_table())?;
        run_server(listener, &state).await
    }
    .await;
    close(opened.database, outcome).await
}

async fn migrate() -> anyhow::Result<ExitCode> {
    let opened = open(Purpose::Production).await?;
    let outcome = opened.migrate(Purpose::Production, &Clock::system()).await;
    if outcome.is_ok() {
        say("数据库结构已是最新。")?;
    }
    close(opened.database, outcome).await
}

async fn recover(login: String) -> anyhow::Result<ExitCode> {
    let opened = open(Purpose::Production).await?;
    let outcome = async {
        let clock = Clock::system();
        opened.migrate(Purpose::Production, &clock).await?;
        let state = opened.state(clock, Purpose::Production)?;
        let password = accounts::recover(&state, &login).await.map_err(|error| match error {
            huifa::error::AppError::Refused(words) => anyhow::anyhow!(words),
            other => anyhow::Error::new(other),
        })?;
        say(&format!("{login} 的初始密码：{password}（7天内有效，登录后须更换；已记入审计记录）"))
    }
    .await;
    close(opened.database, outcome).await
}

async fn check_stored(purpose: Purpose) -> anyhow::Result<ExitCode> {
    let opened = open(purpose).await?;
    let outcome = async {
        let mut out = Vec::new();
        let pool = database::pool(opened.database.owner.clone(), 1).await?;
        let clean = wall::within(Wall::Everything, check::run(&pool, &opened.seals, &mut out)).await?;
        pool.close().await;
        std::io::stdout().write_all(&out)?;
        Ok(clean)
    }
    .await;
    match outcome {
        Ok(clean) => {
            opened.database.close().await?;
            Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Err(error) => close(opened.database, Err(error)).await,
    }
}

/// What is done with the master keys.
#[derive(Clone, Copy)]
enum KeyStep {
    List,
    Add,
    Rotate,
}

async fn keys(step: KeyStep) -> anyhow::Result<ExitCode> {
    let opened = open(Purpose::Production).await?;
    let outcome = async {
        let seals = &opened.seals;
        match step {
            KeyStep::List => {}
            KeyStep::Add => say(&format!(
                "已增加第{}版主密钥。请立即备份密钥文件；运行中的程序几秒内启用，然后运行 huifa keys rotate。",
                seals.add_key()?
            ))?,
            KeyStep::Rotate => {
                let done = {
                    let owner = database::pool(opened.database.owner.clone(), 1).await?;
                    let done = wall::within(Wall::Everything, rotation::rotate(&owner, seals)).await?;
                    owner.close().await;
                    done
                };
                say(&format!("已把{done}个值换到第{}版主密钥。", seals.newest()))?;
            }
        }
        let versions: Vec<String> = seals.versions().iter().map(ToString::to_string).collect();
        let left = wall::within(Wall::Everything, rotation::left(&opened.database.pool, seals)).await?;
        say(&format!("主密钥版本：{}；新数据用第{}版，还有{left}个值在旧版本下。", versions.join("、"), seals.newest()))
    }
    .await;
    close(opened.database, outcome).await
}

fn print_sbom() -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &sbom::document())?;
    out.write_all(b"\n")?;
    Ok(ExitCode::SUCCESS)
}

/// How the routes are printed.
enum Format {
    /// A line a route.
    Table,
    /// For programs.
    Json,
}

async fn print_routes(format: Format) -> anyhow::Result<ExitCode> {
    // The manifest needs no database: the pool is never asked.
    let state = AppState {
        pool: sqlx::PgPool::connect_lazy("postgres://localhost/none")?,
        clock: Clock::system(),
        config: Arc::new(Config::from_environment()?),
        seals: Arc::new(Seals::from_master(&[0; 32])?),
        passwords: Passwords::new(1)?,
        setup: SetupToken::random()?,
        visits: Visits::new(VisitSettings::default())?,
        demonstration: false,
    };
    let (_, declared) = build_router(&state);
    let mut out = std::io::stdout().lock();
    match format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &declared)?;
            out.write_all(b"\n")?;
        }
        Format::Table => {
            for route in &declared {
                writeln!(out, "{route}")?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn listen(state: &AppState) -> anyhow::Result<TcpListener> {
    let wanted = state.config.listen;
    TcpListener::bind(wanted).await.with_context(|| {
        format!("不能在 {wanted} 上提供服务，端口可能已被占用；可用 HUIFA_LISTEN 另选，如 HUIFA_LISTEN=127.0.0.1:8081")
    })
}

async fn run_server(listener: TcpListener, state: &AppState) -> anyhow::Result<()> {
    let (router, _) = build_router(state);
    let background = tokio::spawn(jobs::run(state.clone()));
    let watch = match state.config.watch {
        Some(address) => {
            let listener = TcpListener::bind(address)
                .await
                .with_context(|| format!("不能在 {address} 上提供监测，可用 HUIFA_WATCH_LISTEN 另选地址"))?;
            let pages = web::watch::router(state);
            Some(tokio::spawn(web::server::serve(listener, pages, std::future::pending())))
        }
        None => None,
    };
    let served = web::server::serve(listener, router, stop_signal()).await;
    background.abort();
    if let Some(watch) = watch {
        watch.abort();
    }
    jobs::seal(state).await;
    served
}

async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
}

/// Closes the database whatever happened, and tells the first thing that went wrong.
async fn close(database: Database, outcome: anyhow::Result<()>) -> anyhow::Result<ExitCode> {
    let closed = database.close().await;
    outcome?;
    closed?;
    Ok(ExitCode::SUCCESS)
}

fn address(state: &AppState) -> String {
    match &state.config.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("http://{}", state.config.listen),
    }
}

fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}
