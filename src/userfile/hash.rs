//! How a password is kept, and whether a server can compare one with it (spec H6 to H9, a89).

use super::Reader;
use super::library::{Library, Maker};

/// What stands for a password.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash<'u>(&'u [u8]);

/// A hash is never printed, not even for debugging.
impl std::fmt::Debug for Hash<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hash({:?})", self.scheme())
    }
}

/// The schemes that are met with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `$2y$` of `htpasswd -B`, and its kin; the letter.
    Bcrypt(u8),
    /// `$apr1$` of `htpasswd -m`.
    Apr1,
    /// `$1$`.
    Md5Crypt,
    /// `{SHA}` of `htpasswd -s`.
    Sha1,
    /// `{SSHA}`.
    SaltedSha1,
    /// `{PLAIN}`, which only nginx has.
    Plain,
    /// `$5$` of `htpasswd -2`.
    Sha256Crypt,
    /// `$6$` of `htpasswd -5`.
    Sha512Crypt,
    /// `$y$`.
    Yescrypt,
    /// `$gy$`, `$7$`, `$md5`, `$sha1$`, `$3$`: what only libxcrypt has.
    Rare,
    /// Thirteen characters, of `htpasswd -d`.
    Des,
    /// `_` and nineteen characters.
    ExtendedDes,
    /// `$argon2id$` and its kin.
    Argon2,
    /// A tag in braces or behind a dollar that no server has.
    OtherTag,
    /// `!` or `*`: nobody shall log in.
    Locked,
    /// Nothing at all.
    Empty,
    /// None of these: the password itself, most likely.
    Untagged,
}

/// How hard it is to find the password of a hash that was stolen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// No work at all, or none to speak of.
    Weak,
    /// Some work, as of 1994.
    Fair,
    /// Made to be slow.
    Strong,
}

impl Strength {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Strength::Weak => "weak",
            Strength::Fair => "fair",
            Strength::Strong => "strong",
        }
    }
}

/// Whether some password fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Works {
    /// Yes.
    Yes,
    /// No; the reason, as a clause.
    No(String),
    /// It is not known; the reason.
    Unknown(&'static str),
}

impl Scheme {
    /// What it is called.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Bcrypt(_) => "bcrypt",
            Scheme::Apr1 => "apr1 (MD5)",
            Scheme::Md5Crypt => "MD5-crypt",
            Scheme::Sha1 => "SHA-1",
            Scheme::SaltedSha1 => "salted SHA-1",
            Scheme::Plain => "plain text",
            Scheme::Sha256Crypt => "SHA-256-crypt",
            Scheme::Sha512Crypt => "SHA-512-crypt",
            Scheme::Yescrypt => "yescrypt",
            Scheme::Rare => "a rare scheme of crypt(3)",
            Scheme::Des => "DES",
            Scheme::ExtendedDes => "extended DES",
            Scheme::Argon2 => "argon2",
            Scheme::OtherTag => "an unknown scheme",
            Scheme::Locked => "locked",
            Scheme::Empty => "nothing",
            Scheme::Untagged => "no hash",
        }
    }

    /// Whether there are C libraries in use that a server needs for it and that do not have it.
    #[must_use]
    pub fn hangs_on_library(self, reader: Reader) -> bool {
        match self {
            Scheme::Bcrypt(letter) => !reader.has_bcrypt(letter),
            Scheme::Yescrypt => true,
            _ => false,
        }
    }

    /// How hard it is to break; none where there is nothing to break.
    #[must_use]
    pub fn strength(self) -> Option<Strength> {
        Some(match self {
            Scheme::Md5Crypt | Scheme::Sha1 | Scheme::Plain | Scheme::Des | Scheme::ExtendedDes => {
                Strength::Weak
            }
            Scheme::Untagged => Strength::Weak,
            Scheme::Apr1 | Scheme::SaltedSha1 => Strength::Fair,
            Scheme::Bcrypt(_)
            | Scheme::Sha256Crypt
            | Scheme::Sha512Crypt
            | Scheme::Yescrypt
            | Scheme::Argon2 => Strength::Strong,
            Scheme::Rare | Scheme::OtherTag | Scheme::Locked | Scheme::Empty => return None,
        })
    }
}

impl<'u> Hash<'u> {
    pub(super) fn new(bytes: &'u [u8]) -> Self {
        Hash(bytes)
    }

    /// Which scheme it is of, by its beginning; tags are told apart by case (spec H6).
    #[must_use]
    pub fn scheme(self) -> Scheme {
        let bytes = self.0;
        let starts = |tag: &str| bytes.starts_with(tag.as_bytes());
        match bytes {
            [] => Scheme::Empty,
            [b'!' | b'*', ..] => Scheme::Locked,
            [b'$', b'2', letter, b'$', ..] => Scheme::Bcrypt(*letter),
            _ if starts("$apr1$") => Scheme::Apr1,
            _ if starts("$1$") => Scheme::Md5Crypt,
            _ if starts("{SHA}") => Scheme::Sha1,
            _ if starts("{SSHA}") => Scheme::SaltedSha1,
            _ if starts("{PLAIN}") => Scheme::Plain,
            _ if starts("$5$") => Scheme::Sha256Crypt,
            _ if starts("$6$") => Scheme::Sha512Crypt,
            _ if starts("$y$") => Scheme::Yescrypt,
            _ if ["$gy$", "$7$", "$md5", "$sha1$", "$3$"].iter().any(|tag| starts(tag)) => Scheme::Rare,
            _ if starts("$argon2") => Scheme::Argon2,
            [b'$', ..] => Scheme::OtherTag,
            [b'{', rest @ ..] if rest.contains(&b'}') => Scheme::OtherTag,
            [b'_', rest @ ..] if rest.len() == 19 && is_crypt(rest) => Scheme::ExtendedDes,
            _ if bytes.len() == 13 && is_crypt(bytes) => Scheme::Des,
            _ => Scheme::Untagged,
        }
    }

    /// How many rounds are made, as a power of two; only bcrypt says it so.
    #[must_use]
    pub fn cost(self) -> Option<u8> {
        let cost = self.0.strip_prefix(b"$2")?.get(2..4)?;
        std::str::from_utf8(cost).ok()?.parse().ok().filter(|_| self.is_whole(self.scheme()))
    }

    /// Whether a blank at its end counts for the server that reads it.
    #[must_use]
    pub(super) fn ends_with_blank(self) -> bool {
        matches!(self.0, [.., b' ' | b'\t'])
    }

    /// Whether a server that has this library can find a password right.
    #[must_use]
    pub fn works(self, reader: Reader, library: &Library) -> Works {
        let scheme = self.scheme();
        let server = reader.server();
        let no = |why: String| Works::No(why);
        let own = match (scheme, reader) {
            (Scheme::Locked, _) => return no("it is locked".into()),
            (Scheme::Empty, _) => return no("there is no hash".into()),
            (Scheme::Untagged, _) => return no("this is no hash, but plain text or a part of one".into()),
            (Scheme::Argon2 | Scheme::OtherTag, _) => {
                return no(format!("{server} cannot check this scheme"));
            }
            (Scheme::Plain | Scheme::SaltedSha1, Reader::Apache) => {
                return no("Apache cannot check this scheme".into());
            }
            (Scheme::Plain, Reader::Nginx) => return Works::Yes,
            (Scheme::Apr1 | Scheme::Sha1 | Scheme::SaltedSha1, _) => true,
            (Scheme::Bcrypt(letter), reader) => reader.has_bcrypt(letter),
            _ => false,
        };
        if !self.is_whole(scheme) {
            return no("it is cut short or has something added".into());
        }
        if own {
            return Works::Yes;
        }
        let is_odd = |byte: &u8| !byte.is_ascii_graphic() || b":;*!\\".contains(byte);
        if library.maker == Maker::Libxcrypt && self.0.iter().any(is_odd) {
            return no("it has characters that libxcrypt refuses".into());
        }
        let is_known = match library.maker {
            Maker::Libxcrypt => true,
            Maker::Glibc => {
                matches!(scheme, Scheme::Des | Scheme::Md5Crypt | Scheme::Sha256Crypt | Scheme::Sha512Crypt)
            }
            Maker::Musl => !matches!(scheme, Scheme::Yescrypt | Scheme::Rare),
        };
        match (is_known, scheme) {
            (true, Scheme::Rare) => Works::Unknown("libxcrypt may be built without this scheme"),
            (true, _) => Works::Yes,
            (false, _) => no(format!("{} cannot check {}", library.describe(), scheme.as_str())),
        }
    }

    /// Whether its parts have the length and the characters that the scheme makes.
    fn is_whole(self, scheme: Scheme) -> bool {
        let fields: Vec<&[u8]> = self.0.split(|byte| *byte == b'$').collect();
        let digest = fields.last().copied().unwrap_or_default();
        let has = |length: usize| digest.len() == length && is_crypt(digest);
        match scheme {
            Scheme::Apr1 | Scheme::Md5Crypt => fields.len() == 4 && fields[2].len() <= 8 && has(22),
            Scheme::Bcrypt(letter) => {
                let is_cost = |cost: &[u8]| {
                    matches!(cost, [b'0', b'4'..=b'9'] | [b'1' | b'2', b'0'..=b'9'] | [b'3', b'0' | b'1'])
                };
                matches!(letter, b'a' | b'b' | b'x' | b'y')
                    && fields.len() == 4
                    && is_cost(fields[2])
                    && has(53)
            }
            Scheme::Sha1 => base64_length(&self.0[5..]) == Some(20),
            Scheme::SaltedSha1 => base64_length(&self.0[6..]).is_some_and(|length| length >= 20),
            Scheme::Sha256Crypt => has_salt_of_sha(&fields) && has(43),
            Scheme::Sha512Crypt => has_salt_of_sha(&fields) && has(86),
            Scheme::Yescrypt => fields.len() == 5 && fields.iter().all(|field| is_crypt(field)) && has(43),
            _ => true,
        }
    }
}

/// Between the tag and the digest: at most sixteen characters, and before them the number of rounds. The library cuts
/// a longer salt and moves a number into its bounds, and what it makes then is not what stands in the file.
fn has_salt_of_sha(fields: &[&[u8]]) -> bool {
    let is_number = |digits: &[u8]| {
        matches!(digits.len(), 4..=9) && digits[0] != b'0' && digits.iter().all(u8::is_ascii_digit)
    };
    match fields {
        [_, _, salt, _] => salt.len() <= 16 && !salt.starts_with(b"rounds="),
        [_, _, rounds, salt, _] => salt.len() <= 16 && rounds.strip_prefix(b"rounds=").is_some_and(is_number),
        _ => false,
    }
}

fn is_crypt(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/'))
}

/// How many bytes a text in base64 stands for; none where it is none.
fn base64_length(text: &[u8]) -> Option<usize> {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let digits = &text[..text.len() - padding];
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    (padding <= 2 && text.len().is_multiple_of(4) && digits.iter().all(is_base64))
        .then(|| digits.len() * 3 / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_hashes_never_work() {
        let library = Library::debian();
        for (hash, nginx, apache) in [
            ("$apr1$salt1234$0123456789012345678901", true, true),
            ("$apr1$salt1234$short", false, false),
            ("$2y$05$01234567890123456789012345678901234567890123456789012", true, true),
            ("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", true, true),
            ("{sha}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", false, false),
            ("{PLAIN}x", true, false),
            ("$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", false, false),
            ("rl7Yr6ZPCxk9A", true, true),
            ("", false, false),
            ("!", false, false),
            ("*", false, false),
            ("$5$0123456789abcdef$0123456789012345678901234567890123456789012", true, true),
            ("$5$0123456789abcdefg$0123456789012345678901234567890123456789012", false, false),
            ("$5$rounds=1000$salt$0123456789012345678901234567890123456789012", true, true),
            ("$5$rounds=999$salt$0123456789012345678901234567890123456789012", false, false),
            ("$5$rounds=01000$salt$0123456789012345678901234567890123456789012", false, false),
            ("$5$rounds=1000$0123456789012345678901234567890123456789012", false, false),
            ("$1$sa*t$0123456789012345678901", false, false),
            ("$y$j*T$salt$0123456789012345678901234567890123456789012", false, false),
            ("password", false, false),
        ] {
            for (reader, expected) in [(Reader::Nginx, nginx), (Reader::Apache, apache)] {
                let works = Hash::new(hash.as_bytes()).works(reader, &library);
                assert_eq!(works == Works::Yes, expected, "{hash} of {reader:?}: {works:?}");
            }
        }
    }
}
