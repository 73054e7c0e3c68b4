//! The second wall: what a connection may see of the tables with personal data, whatever its
//! queries forget. The policies of the schema read it; the pool sets it on every connection
//! that it lends, from the task that borrows.

use crate::web::actor::Actor;

tokio::task_local! {
    static WALL: Wall;
}

/// Whose rows can be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wall {
    /// Nobody's: what runs without having said for whom.
    #[default]
    Nothing,
    /// What is posted for everybody.
    Public,
    /// What lies within one account's bureau, venue and person.
    Account {
        /// The bureau.
        bureau: i64,
        /// The venue that the account is bound to.
        venue: Option<i64>,
        /// The duty-bank entry that the account is bound to.
        person: Option<i64>,
        /// The account itself.
        account: i64,
    },
    /// Everybody's: jobs and commands.
    Everything,
}

impl Wall {
    /// Around an account.
    #[must_use]
    pub fn of(actor: &Actor) -> Wall {
        Wall::Account {
            bureau: actor.bureau_id,
            venue: actor.venue_id,
            person: actor.person_id,
            account: actor.account_id,
        }
    }

    /// The wall of the task at work.
    pub(super) fn current() -> Wall {
        WALL.try_with(|wall| *wall).unwrap_or_default()
    }

    /// The statement that puts it on a connection. It holds numbers and words of ours only.
    pub(super) fn statement(self) -> String {
        let part = |id: Option<i64>| id.map_or_else(|| "-".to_owned(), |id| id.to_string());
        let value = match self {
            Wall::Nothing => String::new(),
            Wall::Public => "public".to_owned(),
            Wall::Everything => "everything".to_owned(),
            Wall::Account { bureau, venue, person, account } => {
                format!("actor {bureau} {} {} {account}", part(venue), part(person))
            }
        };
        format!("set huifa.wall = '{value}'")
    }
}

/// Does the work behind a wall: connections it borrows see what lies within.
pub async fn within<T>(wall: Wall, work: impl Future<Output = T>) -> T {
    WALL.scope(wall, work).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_a_word_nothing_is_seen_and_a_wall_ends_with_its_work() {
        assert_eq!(Wall::current(), Wall::Nothing);
        let inside = within(Wall::Everything, async { Wall::current() }).await;
        assert_eq!(inside, Wall::Everything);
        assert_eq!(Wall::current(), Wall::Nothing);
        let person = Wall::Account { bureau: 1, venue: None, person: Some(7), account: 9 };
        assert_eq!(person.statement(), "set huifa.wall = 'actor 1 - 7 9'");
        assert_eq!(Wall::Nothing.statement(), "set huifa.wall = ''");
    }
}
