//! What surrounds every page: who is signed in, where they are, what the month
//! is, and what just happened. Every page struct has a field `layout` of it.

use super::assets;

/// The frame of a page, as plain data for `templates/layout.html` and
/// `templates/public.html`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// The title of the page, without the name of the system.
    pub title: String,
    /// Who is signed in; `None` on pages without an account.
    pub who: Option<Who>,
    /// The navigation of this role, in groups.
    pub nav: Vec<NavGroup>,
    /// Where the page stands, from the top; the last has no address.
    pub crumbs: Vec<Crumb>,
    /// What the last action did, shown once.
    pub flash: Option<Flash>,
    /// The month worked on, with its neighbours.
    pub month: Option<MonthBar>,
    /// The name of the venue worked on.
    pub venue: Option<String>,
    /// Now, as people write it: 「2024年5月8日 星期三 09:12」.
    pub now_text: String,
    /// The text of the banner in a demonstration.
    pub demonstration: Option<String>,
    /// The token that every changing form carries; empty without a session.
    pub form_token: String,
    /// Whether the reader has chosen large print.
    pub large_print: bool,
    /// The path and query of this page, to come back to it.
    pub path: String,
    /// The bureau's telephone for supervision and complaints.
    pub supervision_phone: Option<String>,
}

/// The person who is signed in, as the head of the page shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    /// Their name.
    pub name: String,
    /// Their role in Chinese.
    pub role_label: String,
    /// The bureau they act for.
    pub bureau_name: String,
    /// The venue they act for, if it is one.
    pub venue_name: Option<String>,
}

/// A group of the navigation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NavGroup {
    /// Its heading; may be empty.
    pub label: String,
    /// Its pages.
    pub items: Vec<NavItem>,
}

/// A page in the navigation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NavItem {
    /// Its name, at most six characters.
    pub label: String,
    /// Its address.
    pub href: String,
    /// Whether the reader is there.
    pub current: bool,
    /// How many things wait there.
    pub badge: Option<u32>,
}

/// A step of the way to this page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Crumb {
    /// Its name.
    pub label: String,
    /// Its address; `None` for the page itself.
    pub href: Option<String>,
}

/// What the last action did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flash {
    /// `success`, `notice` or `error`.
    pub kind: &'static str,
    /// One sentence.
    pub text: String,
}

impl Flash {
    /// The word before the sentence, so that colour is not the only sign.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.kind {
            "success" => "已完成",
            "error" => "未完成",
            _ => "请注意",
        }
    }
}

/// The month worked on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MonthBar {
    /// 「2024年5月」.
    pub label: String,
    /// This page for the month before.
    pub previous_href: String,
    /// This page for the month after.
    pub next_href: String,
}

impl Layout {
    /// The hashed address of a static file.
    #[must_use]
    pub fn asset(&self, path: &str) -> &'static str {
        assets::asset(path)
    }

    /// How many things wait for the reader in all places.
    #[must_use]
    pub fn waiting(&self) -> u32 {
        self.nav
            .iter()
            .flat_map(|group| &group.items)
            .filter_map(|item| item.badge)
            .sum()
    }
}
