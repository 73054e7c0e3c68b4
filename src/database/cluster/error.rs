//! What can keep the private cluster from opening, each as one sentence that
//! says what to do. They are printed on the terminal, hence in Chinese.

use std::io;
use std::path::{Path, PathBuf};

use super::tools::OLDEST_MAJOR;

/// Why the private cluster cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No complete set of server programs was found anywhere.
    #[error(
        "未找到 PostgreSQL 服务器程序（需要 {OLDEST_MAJOR} 或更新版本）。请先运行 scripts/setup 安装，或用 HUIFA_PG_BIN 指明其 bin 目录，或用 DATABASE_URL 指定已有的数据库。"
    )]
    ToolsMissing,
    /// The directory named by the setting holds no complete set.
    #[error("HUIFA_PG_BIN 指定的目录 {} 中没有可用的 PostgreSQL 程序（initdb、pg_ctl、postgres）。请改正该设置，或去掉它以使用系统安装的版本。", .0.display())]
    ToolsMissingIn(PathBuf),
    /// Only versions older than the oldest supported were found.
    #[error(
        "本机的 PostgreSQL 版本为 {newest}，惠法需要 {OLDEST_MAJOR} 或更新版本。请运行 scripts/setup 或自行安装较新的版本。"
    )]
    ToolsTooOld {
        /// The newest major version found.
        newest: u32,
    },
    /// The data were made by a major version that is not installed.
    #[error("数据目录 {} 由 PostgreSQL {theirs} 建立，本机只有版本 {}。请安装 PostgreSQL {theirs}（并可用 HUIFA_PG_BIN 指明），或先用 {theirs} 版备份、再恢复到新目录；数据未被改动。", .data.display(), list(.found))]
    OtherMajor {
        /// The data directory.
        data: PathBuf,
        /// The version the data belong to.
        theirs: u32,
        /// The versions installed here.
        found: Vec<u32>,
    },
    /// A directory cannot serve: a file in its place, not writable, someone else's.
    #[error("数据目录 {} 不能使用：{reason}。请用 HUIFA_DATA_DIR 另选一个目录，或改正其权限。", .path.display())]
    Unusable {
        /// The directory or file that failed.
        path: PathBuf,
        /// Why, in words.
        reason: String,
    },
    /// Run by root, the data would lie where the database user cannot go.
    #[error("以 root 运行时数据库由系统用户 {user} 管理，而该用户无法进入 {}。请把 HUIFA_DATA_DIR 设在它能进入的位置（例如 /var/lib/huifa），不要放在 /root 之下。", .path.display())]
    NotEnterable {
        /// The first directory that keeps the user out.
        path: PathBuf,
        /// The system user the database runs as.
        user: String,
    },
    /// Run by root, but there is no ordinary user to run the database.
    #[error(
        "以 root 运行时需要系统用户 postgres 来运行数据库，但本机没有该用户。请运行 scripts/setup，或改用普通用户运行惠法。"
    )]
    UserMissing,
    /// Neither a setting nor a home directory says where data may lie.
    #[error("无法确定数据目录：环境中既没有 HUIFA_DATA_DIR，也没有 XDG_DATA_HOME 或 HOME。请设置 HUIFA_DATA_DIR。")]
    NoHome,
    /// Another process has been starting or stopping the cluster for too long.
    #[error("另一个惠法进程正在启动或停止数据库（{}），等待超时。请稍后再试，或检查该进程是否停止响应。", .0.display())]
    Busy(PathBuf),
    /// One of the server's programs failed.
    #[error("PostgreSQL 的 {tool} 未能完成：{}{output}", hint(.output))]
    Tool {
        /// Which program.
        tool: &'static str,
        /// What it and the server's log said last.
        output: String,
    },
}

impl ClusterError {
    /// The sentence for an operating-system error met at `path`.
    pub(super) fn io(path: &Path, error: &io::Error) -> Self {
        let reason = match error.kind() {
            io::ErrorKind::PermissionDenied => "当前用户没有访问或写入的权限".to_owned(),
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => "该位置或其上级是文件，不是目录".to_owned(),
            io::ErrorKind::ReadOnlyFilesystem => "所在的文件系统是只读的".to_owned(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "磁盘空间不足".to_owned(),
            _ => error.to_string(),
        };
        Self::Unusable { path: path.to_owned(), reason }
    }
}

/// A plain reason for the failures that a reader cannot be expected to decode.
fn hint(output: &str) -> &'static str {
    if output.contains("No space left on device") {
        "磁盘空间不足，请清理后再试。"
    } else if output.contains("Permission denied") {
        "权限不足，请检查数据目录和 PostgreSQL 程序的权限。"
    } else {
        ""
    }
}

fn list(majors: &[u32]) -> String {
    let words: Vec<String> = majors.iter().map(u32::to_string).collect();
    words.join("、")
}
