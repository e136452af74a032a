//! Places by whose names people and programs get in: these are open beside a protected area on purpose.

use super::Scope;

/// What everybody has to reach who has no login yet, or looks whether the server is alive.
const DOORS: &[&str] = &[
    "login",
    "signin",
    "sign-in",
    "sign_in",
    "log-in",
    "logout",
    "signout",
    "sign-out",
    "sign_out",
    "log-out",
    "register",
    "registration",
    "signup",
    "sign-up",
    "sign_up",
    "auth",
    "oauth",
    "oauth2",
    "oidc",
    "saml",
    "sso",
    "token",
    "tokens",
    "refresh",
    "session",
    "sessions",
    "csrf",
    "csrf-token",
    "captcha",
    "jwks",
    "forgot-password",
    "forgot_password",
    "reset-password",
    "reset_password",
    "password-reset",
    "verify-email",
    "verify_email",
    "activate",
    "callback",
    "callbacks",
    "webhook",
    "webhooks",
    "public",
    "health",
    "healthz",
    "healthcheck",
    "ping",
    "status",
];
/// Beginnings of the names of files that search engines and browsers ask for.
const FOR_ROBOTS: &[&str] =
    &["sitemap", "robots", "favicon", "manifest", "apple-touch-icon", "browserconfig"];
/// Stand before a door, or beside one, and mean nothing by themselves.
const NEUTRAL: &[&str] = &["api", "v1", "v2", "v3", "v4"];

impl Scope<'_> {
    /// Whether each path that is named here ends with the name of a door: `/api/login`,
    /// `^/api/v1/auth/(login|register)`.
    #[must_use]
    pub fn is_a_door(self) -> bool {
        self.location().is_some_and(|location| all_are_doors(&location.path))
    }

    /// Whether an expression names a place and no kind of file: `^/admin/reports`, `/(api|rest)/v1/`.
    #[must_use]
    pub fn is_a_named_place(self) -> bool {
        self.location().is_some_and(|location| {
            let path = location.path.trim_start_matches('^');
            path.strip_prefix('/').is_some_and(|rest| {
                let first = rest.trim_start_matches('(').trim_start_matches("?:").trim_start_matches('/');
                first.starts_with(|first: char| first.is_ascii_alphanumeric()) && !rest.contains("\\.")
                    || FOR_ROBOTS.iter().any(|name| first.starts_with(name))
            })
        })
    }
}

/// A dot in an expression is mostly of a kind of file, which is no door.
pub(super) fn all_are_doors(path: &str) -> bool {
    if path.contains("\\.") {
        return false;
    }
    let Some((head, group)) = path.split_once('(') else {
        return path.split('|').all(|one| words(one).next_back().is_some_and(|word| is(DOORS, word)));
    };
    let mut inside = words(group).filter(|word| !is(NEUTRAL, word)).peekable();
    match inside.peek() {
        Some(_) => inside.all(|word| is(DOORS, word)),
        None => words(head).next_back().is_some_and(|word| is(DOORS, word)),
    }
}

/// The names in a path or an expression; a letter alone is a class, as in `\d`, and so is `a-z`.
fn words(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    text.split(move |letter| !is_part(letter)).filter(|word| {
        let is_class = word.len() < 2 || word.as_bytes()[1] == b'-';
        !is_class && !word.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn is(list: &[&str], word: &str) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::all_are_doors;

    #[test]
    fn doors_and_other_places() {
        for path in [
            "/api/login",
            "/api/v1/auth/",
            "^/api/v1/auth/(health|register|login|logout)",
            "^/api/(v1/)?(register|forgot-password)$",
            "^/api/(?:v[0-9]+/)?token(/.*)?$",
            "^/admin/login$|^/admin/logout$",
            "^/api/auth/(.*)$",
        ] {
            assert!(all_are_doors(path), "{path}");
        }
        for path in [
            "/api/reports",
            "\\.php$",
            "^/(admin|login)",
            "^/admin/(.*)$",
            "^/api/login/users$|^/api/users$",
            "/login\\.php$",
            "/",
            "",
        ] {
            assert!(!all_are_doors(path), "{path}");
        }
    }
}
