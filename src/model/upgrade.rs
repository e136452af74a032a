//! Places that hand the handshakes of `WebSockets` on (RFC 6455, 4.1).

use super::names::{Family, Name};
use super::{Directive, Kind, Scope};

impl<'s> Scope<'s> {
    /// The line that hands the handshake of a WebSocket on, in force for this very scope's backend.
    #[must_use]
    pub fn upgrade(self) -> Option<Directive<'s>> {
        if self.site.is_apache() {
            return self.apache_upgrade();
        }
        let backend = self.backend()?;
        self.list(backend.list).find(|line| {
            let value = line.argument(1).map(|value| value.text().to_ascii_lowercase());
            backend.is_about(*line, "Upgrade") && value.is_some_and(|value| !value.is_empty())
        })
    }

    /// `ProxyPass /ws ws://...`, `ProxyPass ... upgrade=websocket`, `RewriteRule ... ws://... [P]`.
    fn apache_upgrade(self) -> Option<Directive<'s>> {
        let is_server = matches!(self.kind(), Kind::Server | Kind::Main | Kind::Snippet);
        let passes = self.own(Family::Handler).filter(|line| {
            matches!(line.name(), Name::ProxyPass | Name::ProxyPassMatch | Name::SetHandler) && !is_server
        });
        let rules = self.own(Family::Rewrite).filter(|line| line.name() == Name::RewriteRule);
        passes.chain(rules).find(|line| {
            line.arguments().any(|word| {
                let word = word.text().to_ascii_lowercase();
                let word = word.strip_prefix("proxy:").unwrap_or(&word);
                ["ws://", "wss://", "upgrade=websocket", "upgrade=any"]
                    .iter()
                    .any(|start| word.starts_with(start))
            })
        })
    }

    /// Whether the password is asked for by the scheme Basic: nginx has no other one of its own.
    #[must_use]
    pub fn scheme_is_basic(self) -> bool {
        !self.site.is_apache()
            || self.directive(Family::Scheme).is_some_and(|line| line.is_ignoring_case(0, "basic"))
    }
}
