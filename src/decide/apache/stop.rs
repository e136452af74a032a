//! How the way of a request ends before its content.

use crate::decide::Outcome;

/// Why it goes no further.
#[derive(Clone, Debug)]
pub enum Stop {
    /// Nobody knows how it goes on; a lower-case clause.
    Unknown(String),
    /// An answer.
    Answer(Answer),
}

/// An answer without content.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What sort of answer.
    pub outcome: Outcome,
    /// Its status.
    pub status: u16,
    /// What is asked for, with 401.
    pub scheme: Option<&'static str>,
    /// What is said of it in the challenge.
    pub realm: Option<String>,
    /// The password file that was, or would be, opened.
    pub user_file: Option<String>,
}

impl Answer {
    /// Of a status; what the access checks answer is theirs.
    pub fn refused(status: u16) -> Self {
        let outcome = match status {
            401 => Outcome::Challenge,
            403 => Outcome::Forbidden,
            500 => Outcome::Error,
            _ => Outcome::Responds,
        };
        Answer { outcome, status, scheme: None, realm: None, user_file: None }
    }

    /// What the configuration itself says.
    pub fn responds(status: u16) -> Self {
        let outcome = if status == 500 { Outcome::Error } else { Outcome::Responds };
        Answer { outcome, ..Answer::refused(status) }
    }
}

impl Stop {
    /// A refusal of the access checks.
    pub fn refused(status: u16) -> Self {
        Stop::Answer(Answer::refused(status))
    }

    /// What the configuration itself says.
    pub fn responds(status: u16) -> Self {
        Stop::Answer(Answer::responds(status))
    }

    /// Nobody knows.
    pub fn unknown(why: impl Into<String>) -> Self {
        Stop::Unknown(why.into())
    }
}
