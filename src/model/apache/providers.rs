//! Providers that no module has (spec a13, a77, a85).

use super::words::{AUTH_TYPES, AUTHN_PROVIDERS, AUTHZ_PROVIDERS, DIGEST_PROVIDERS, meant};
use crate::model::{Directive, Family, Name, Scope, Site, Value};

/// A word of `Require` or `AuthBasicProvider` that no module knows.
#[derive(Clone, Copy, Debug)]
pub struct UnknownProvider<'s> {
    /// The line.
    pub directive: Directive<'s>,
    /// The word.
    pub value: Value<'s>,
    /// What is wrong with it.
    pub why: WrongProvider,
}

/// What is wrong with a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongProvider {
    /// This is the word, in this case of letters.
    Case(&'static str),
    /// This was plainly meant.
    Slip(&'static str),
    /// It is there, and cannot do Digest.
    NotForDigest,
    /// A module of another maker has it, which is not loaded: that one, or the one that `AuthType` is for.
    OfAnother(Option<&'static str>),
    /// Nobody knows it.
    Unknown,
}

/// Words of `Require` that modules of other makers have, by their beginning.
const OF_OTHERS: &[(&str, &str)] = &[
    ("cas-attribute", "mod_auth_cas"),
    ("claim", "mod_auth_openidc"),
    ("external-", "mod_authnz_external"),
    ("jwt-claim", "mod_authnz_jwt"),
    ("oauth2_claim", "mod_oauth2"),
    ("pam-account", "mod_authnz_pam"),
    ("shib", "mod_shib"),
    ("unix-", "mod_authz_unixgroup"),
];

/// What is written for a provider by those who think of the tool that makes the file, or of the type.
const FILES: &[&str] =
    &["htpasswd", "htdigest", "passwd", "password", "basic", "digest", "users", "userfile", "authuserfile"];

/// The same for `Require`.
const RULES: &[(&str, &str)] = &[
    ("all-granted", "all granted"),
    ("all_granted", "all granted"),
    ("allgranted", "all granted"),
    ("granted", "all granted"),
    ("all-denied", "all denied"),
    ("all_denied", "all denied"),
    ("alldenied", "all denied"),
    ("denied", "all denied"),
    ("valid", "valid-user"),
];

impl Site<'_> {
    /// The providers that are not there. Where modules of other makers may be loaded, only words that
    /// are plainly a slip.
    #[must_use]
    pub fn unknown_providers(&self) -> Vec<UnknownProvider<'_>> {
        if !self.is_apache() {
            return Vec::new();
        }
        let lines = self.scopes().flat_map(|scope| scope.own_all().map(move |line| (scope, line)));
        let unknown = lines.flat_map(|(scope, line)| match line.name() {
            Name::AuthProvider => self.unknown_authn(line),
            Name::Require => self.unknown_authz(scope, line).into_iter().collect(),
            _ => Vec::new(),
        });
        unknown.filter(|unknown| self.may_be_read(unknown.directive.span())).collect()
    }

    fn unknown_authn<'s>(&'s self, line: Directive<'s>) -> Vec<UnknownProvider<'s>> {
        let is_digest = line.name_text().to_ascii_lowercase().starts_with("authdigest");
        let known = if is_digest { DIGEST_PROVIDERS } else { AUTHN_PROVIDERS };
        // From a `#` on it is a comment by intention.
        let words = line.arguments().take_while(|value| !value.bytes().starts_with(b"#"));
        let wrong = |value: Value<'s>| {
            let word = value.literal().filter(|word| !word.is_empty() && !value.is_template())?;
            if known.contains(&&*word)
                || self.provider_aliases("AuthnProviderAlias").any(|alias| alias == word)
            {
                return None;
            }
            let why = if is_digest && AUTHN_PROVIDERS.contains(&&*word) {
                WrongProvider::NotForDigest
            } else if FILES.contains(&word.to_ascii_lowercase().as_str()) {
                WrongProvider::Slip("file")
            } else {
                self.near(&word, known)?
            };
            Some(UnknownProvider { directive: line, value, why })
        };
        words.filter_map(wrong).collect()
    }

    fn unknown_authz<'s>(&'s self, scope: Scope<'s>, line: Directive<'s>) -> Option<UnknownProvider<'s>> {
        let value = line.argument(usize::from(line.is_ignoring_case(0, "not")))?;
        let word = value.literal().filter(|word| !word.is_empty() && !value.is_template())?;
        let is_known = AUTHZ_PROVIDERS.contains(&&*word) || word.starts_with('#');
        if is_known || self.provider_aliases("AuthzProviderAlias").any(|alias| alias == word) {
            return None;
        }
        let rule = RULES.iter().find(|(known, _)| word.eq_ignore_ascii_case(known));
        let rule =
            rule.filter(|(known, _)| *known != "valid" || line.arguments().any(|word| word.text() == "user"));
        let why = match rule {
            Some((_, rule)) => WrongProvider::Slip(rule),
            None => self.near(&word, AUTHZ_PROVIDERS)?,
        };
        let why = match why {
            WrongProvider::Unknown => of_another(scope, &word).unwrap_or(why),
            why => why,
        };
        Some(UnknownProvider { directive: line, value, why })
    }

    fn near(&self, word: &str, known: &[&'static str]) -> Option<WrongProvider> {
        match meant(word, known) {
            Some(known) if known.eq_ignore_ascii_case(word) => Some(WrongProvider::Case(known)),
            Some(known) => Some(WrongProvider::Slip(known)),
            None => {
                let is_nobodys =
                    self.has_only_own_modules() && !self.has_line_beginning(&["authnzfcgidefineprovider"]);
                is_nobodys.then_some(WrongProvider::Unknown)
            }
        }
    }
}

/// Whether a word that no module has is likely to be of a module that is missing, and no user.
fn of_another(scope: Scope<'_>, word: &str) -> Option<WrongProvider> {
    let small = word.to_ascii_lowercase();
    let module = OF_OTHERS.iter().find(|(beginning, _)| small.starts_with(beginning));
    let scheme = scope.directive(Family::Scheme).and_then(|line| line.literal(0));
    let is_foreign = scheme.is_some_and(|word| !AUTH_TYPES.iter().any(|own| own.eq_ignore_ascii_case(&word)));
    (is_foreign || module.is_some()).then(|| WrongProvider::OfAnother(module.map(|(_, module)| *module)))
}
