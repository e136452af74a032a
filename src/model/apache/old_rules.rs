//! What would be written today for `Order`, `Allow` and `Deny` (spec a95 to a100).

use super::{Passes, Viewpoint};
use crate::model::{Directive, Name, Scope};

/// The `Require` lines that say what the lines of `mod_access_compat` in a section say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// `Require all granted`: they let everybody pass.
    Granted,
    /// `Require all denied`: they let nobody pass.
    Denied,
    /// Those who are named, by this provider.
    Only(&'static str),
    /// All but those who are named, by this provider.
    AllBut(&'static str),
}

impl Scope<'_> {
    /// What `Order`, `Allow` and `Deny` of this very section come to.
    #[must_use]
    pub fn instead_of_old_rules(self) -> Instead {
        if self.passes_compat("GET", Viewpoint::Anyone) == Passes::No {
            return Instead::Denied;
        }
        let rules = self.access_rules();
        let named = |name| {
            let lines = rules.iter().filter(move |line| line.name() == name);
            lines.flat_map(|line| line.arguments().skip(1)).map(|word| word.text().to_ascii_lowercase())
        };
        let provider = |name| named(name).find(|word| word != "all").map(|word| provider_of(&word));
        match (provider(Name::Allow), provider(Name::Deny)) {
            (_, None) if self.passes_compat("GET", Viewpoint::Stranger) == Passes::Yes => Instead::Granted,
            (Some(allowed), _) => Instead::Only(allowed),
            (None, Some(denied)) => Instead::AllBut(denied),
            (None, None) => Instead::Only("ip"),
        }
    }

    /// How to say the same without `Order`, `Allow` and `Deny`, as a command. Where `Require all granted` stands
    /// beside them, to take them away alone would open the place.
    #[must_use]
    pub fn cure_for_old_rules(self) -> String {
        let user = self.requires().find(|line| line.needs_a_user()).map(Directive::text);
        let granted = self.requires().find(|line| line.grants_everybody()).map(Directive::text);
        let either = self.satisfy_any().is_some();
        let lines = if either { "these lines and `Satisfy`" } else { "these lines" };
        let container = if either { "<RequireAny>" } else { "<RequireAll>" };
        match (self.instead_of_old_rules(), user, granted) {
            (Instead::Denied, Some(_), Some(granted)) => {
                format!(
                    "remove {lines}, and `{granted}` with them: alone it lets everybody in without a password"
                )
            }
            (Instead::Denied, Some(user), None) => format!("remove {lines}: `{user}` is enough"),
            (Instead::Denied, None, Some(granted)) => {
                format!(
                    "remove {lines}; or write `Require all denied` in place of `{granted}`, if nobody is to come in"
                )
            }
            (Instead::Denied, None, None) if self.requires().next().is_some() => format!("remove {lines}"),
            (Instead::Denied, None, None) => "write `Require all denied` instead".into(),
            (Instead::Granted, Some(_), _) => format!("remove {lines}: they let everybody pass"),
            (Instead::Granted, None, Some(granted)) => format!("remove {lines}: `{granted}` says the same"),
            (Instead::Granted, None, None) if self.requires().next().is_some() => {
                format!("remove {lines}: they let everybody pass")
            }
            (Instead::Granted, None, None) => "write `Require all granted` instead".into(),
            (Instead::Only(by), Some(user), _) => {
                format!("put `Require {by}` and `{user}` into `{container}`, and remove {lines}")
            }
            (Instead::Only(by), None, Some(granted)) => {
                format!("write `Require {by}` in place of {lines} and of `{granted}`")
            }
            (Instead::Only(by), None, None) => format!("write `Require {by}` instead"),
            (Instead::AllBut(by), Some(user), _) => {
                format!("put `Require not {by}` and `{user}` into `<RequireAll>`, and remove {lines}")
            }
            (Instead::AllBut(by), None, _) => {
                format!(
                    "put `Require all granted` and `Require not {by}` into `<RequireAll>`, and remove {lines}"
                )
            }
        }
    }
}

/// What `Require` calls that which an `Allow` or `Deny` names.
fn provider_of(word: &str) -> &'static str {
    match word.strip_prefix("env=") {
        Some(_) => "env",
        None if word.bytes().all(|byte| byte.is_ascii_hexdigit() || b".:/".contains(&byte)) => "ip",
        None => "host",
    }
}
