//! What a backend gets to see of `Authorization` (spec a108 to a114).

use super::visit::{Brought, Ending, Next, Visit};
use crate::decide::{Authorization, Credentials};
use crate::model::{Directive, Family, Ground, Name};
use crate::source::Node;

impl<'s> Visit<'_, 's> {
    /// None where no backend is asked.
    pub fn authorization(&self, ending: &Ending<'s>) -> Option<Authorization> {
        let ground = &*ending.ground;
        let (target, is_program) = self.backend(ending)?;
        let handler = Self::handler(ground);
        if let Some((line, _)) = handler.filter(|_| !matches!(ending.next, Next::Backend(..))) {
            self.tell(line, "hands the request on");
        }
        let sent = self.edited(ground);
        let scheme = target.split("://").next().unwrap_or_default().trim_start_matches("unix:").to_owned();
        let drops = is_program
            || ["fcgi", "scgi"]
                .iter()
                .any(|known| scheme == *known || target.contains(&format!("|{known}://")));
        if !drops {
            return Some(sent);
        }
        let passes = Self::passes_header(ground);
        let variable = ending.round.environment.is_set("HTTP_AUTHORIZATION");
        let lines: Vec<Directive<'s>> = ground.lines(Family::Setting).collect();
        let is_set_by_name = lines.iter().any(|line| {
            (line.is_named("setenv") || line.is_named("passenv"))
                && line.arguments().any(|word| word.text().contains("HTTP_AUTHORIZATION"))
        });
        Some(match (passes, variable) {
            _ if is_set_by_name => Authorization::Unknown,
            (true, _) => sent,
            (false, Some(false)) => Authorization::Dropped,
            (false, Some(true)) => self.by_variable(ending),
            (false, None) => Authorization::Unknown,
        })
    }

    /// Whether another server is asked that says the status itself, and no program.
    pub fn is_backend(&self, ending: &Ending<'s>) -> bool {
        self.backend(ending).is_some_and(|(target, is_program)| {
            !is_program && !target.contains("fcgi://") && !target.contains("scgi://")
        })
    }

    /// Whether a line names a handler for the request.
    pub fn has_handler(ending: &Ending<'s>) -> bool {
        Self::handler(&ending.ground).is_some() || Self::handled_by_name(ending).is_some()
    }

    /// The address of the backend, or that a program is run.
    fn backend(&self, ending: &Ending<'s>) -> Option<(String, bool)> {
        if self.lacks_slash(ending) {
            return None;
        }
        let program = || Some((String::new(), true));
        match (&ending.next, Self::handler(&ending.ground)) {
            (Next::Backend(url), _) => Some((url.clone(), false)),
            (_, Some((_, word))) if word.starts_with("proxy:") => Some((word[6..].to_owned(), false)),
            (_, Some((_, word))) if word == "cgi-script" && Self::runs_programs(ending) => program(),
            (_, Some(_)) => None,
            (_, None) => match Self::handled_by_name(ending)?.as_str() {
                "cgi-script" if Self::runs_programs(ending) => program(),
                "script" if ending.round.seen == Node::File => program(),
                word if word.starts_with("proxy:") => Some((word[6..].to_owned(), false)),
                _ => None,
            },
        }
    }

    /// `SetEnvIf Authorization "(.*)" HTTP_AUTHORIZATION=$1` and the like.
    fn by_variable(&self, ending: &Ending<'s>) -> Authorization {
        let value = ending.round.environment.value("HTTP_AUTHORIZATION");
        let is_copy = value.as_deref() == Some("Basic Kjoq") || value.as_deref() == Some("");
        let has_none = *self.credentials.borrow() == Brought::None;
        match value {
            Some(value) if is_copy && value.is_empty() == has_none => Authorization::Forwarded,
            Some(_) => Authorization::Replaced,
            None => Authorization::Unknown,
        }
    }

    /// Whether the visitor is sent to the same path with a slash behind it.
    fn lacks_slash(&self, ending: &Ending<'s>) -> bool {
        let slash = ending.ground.last_setting("DirectorySlash");
        matches!(ending.next, Next::Content)
            && ending.round.seen == Node::Directory
            && !ending.round.uri.ends_with('/')
            && self.ready.has_module(&["dir_module"])
            && slash.is_none_or(|line| !line.is_ignoring_case(0, "off"))
    }

    /// Whether a file is run here: `Options ExecCGI`.
    fn runs_programs(ending: &Ending<'s>) -> bool {
        let mut is_on = false;
        for line in ending.ground.lines(Family::Options).filter(|line| line.name() == Name::Options) {
            let words: Vec<String> = line.arguments().map(|word| word.text().to_ascii_lowercase()).collect();
            if words.iter().any(|word| !word.starts_with(['+', '-'])) {
                is_on = false;
            }
            for word in &words {
                match word.trim_start_matches('+') {
                    "execcgi" | "all" => is_on = true,
                    "-execcgi" | "-all" => is_on = false,
                    _ => {}
                }
            }
        }
        is_on && ending.round.seen == Node::File
    }

    fn passes_header(ground: &Ground<'s>) -> bool {
        ground.lines(Family::CgiPassAuth).last().is_some_and(|line| line.is_ignoring_case(0, "on"))
    }

    /// The last `SetHandler`, if it names one.
    fn handler(ground: &Ground<'s>) -> Option<(Directive<'s>, String)> {
        let line = ground.lines(Family::Handler).filter(|line| line.name() == Name::SetHandler).last()?;
        let word = line.literal(0)?.into_owned();
        (!word.eq_ignore_ascii_case("none")).then_some((line, word))
    }

    /// `AddHandler` by the ending of the name, and programs of a `ScriptAlias`.
    fn handled_by_name(ending: &Ending<'s>) -> Option<String> {
        if ending.round.is_script {
            return Some("script".into());
        }
        let name = ending.round.filename.as_deref()?.rsplit('/').next()?.to_owned();
        let endings: Vec<String> = name.split('.').skip(1).map(str::to_ascii_lowercase).collect();
        let mut handler = None;
        for line in ending.ground.setting("AddHandler") {
            let mut words = line.arguments().skip(1).map(|word| word.text().to_ascii_lowercase());
            if words.any(|word| endings.iter().any(|ending| word.trim_start_matches('.') == ending)) {
                handler = line.literal(0).map(|word| word.to_ascii_lowercase());
            }
        }
        handler
    }

    /// What `RequestHeader` and `AuthBasicFake` leave of the header.
    fn edited(&self, ground: &Ground<'s>) -> Authorization {
        let early = self.settings.scopes.iter().flat_map(|scope| scope.own(Family::HeaderEdits));
        let early = early.filter(|line| is_early(*line) && edit(*line).is_some()).last();
        let mut sent = if *self.credentials.borrow() == Brought::Unknown {
            match early {
                Some(line) if self.may_be_the_same(line) => Authorization::Unknown,
                _ => Authorization::Replaced,
            }
        } else if matches!(&*self.credentials.borrow(), Brought::Fake(_)) {
            Authorization::Replaced
        } else if self.is_dropped() {
            Authorization::Dropped
        } else {
            Authorization::Forwarded
        };
        let fake =
            ground.setting("AuthBasicFake").last().copied().filter(|line| !line.is_ignoring_case(0, "off"));
        if let Some(line) = fake {
            self.tell(line, "puts other credentials in their place");
            sent = Authorization::Replaced;
        }
        for line in ground.lines(Family::HeaderEdits).filter(|line| !is_early(*line)) {
            if let Some(edit) = edit(line) {
                self.tell(line, "changes the header");
                sent = match edit {
                    Edit::Drops => Authorization::Dropped,
                    Edit::Replaces if self.may_be_the_same(line) => Authorization::Unknown,
                    Edit::Replaces => Authorization::Replaced,
                    Edit::Unclear => Authorization::Unknown,
                };
            }
        }
        sent
    }

    /// `RequestHeader ... early` of a server comes before httpd itself looks at the header (spec a109).
    pub fn take_early_edits(&self) {
        let lines: Vec<Directive<'s>> =
            self.settings.scopes.iter().flat_map(|scope| scope.own(Family::HeaderEdits)).collect();
        for line in lines.into_iter().filter(|line| is_early(*line)) {
            let Some(edit) = edit(line) else { continue };
            self.tell(line, "changes the header before anybody looks at it");
            self.credentials.replace(match edit {
                Edit::Drops => Brought::None,
                Edit::Replaces | Edit::Unclear => Brought::Unknown,
            });
        }
    }

    /// Whether a line may set just what the client has sent: of its credentials only the user is known.
    fn may_be_the_same(&self, line: Directive<'_>) -> bool {
        let Credentials::User(name) = &self.request.credentials else { return false };
        let value = line.literal(2).unwrap_or_default().into_owned();
        let decoded = value.strip_prefix("Basic ").map(decoded).unwrap_or_default();
        decoded.starts_with(format!("{name}:").as_bytes())
    }

    /// From here on the request has the credentials that `AuthBasicFake` makes (seen on 2.4.71).
    pub fn fake_credentials(&self, ground: &Ground<'s>) {
        let line = ground.setting("AuthBasicFake").last().copied();
        let Some(line) = line.filter(|line| !line.is_ignoring_case(0, "off")) else { return };
        let name = line.literal(0).unwrap_or_default().into_owned();
        let is_plain = !name.contains("%{");
        self.credentials.replace(if is_plain { Brought::Fake(name) } else { Brought::Unknown });
    }

    /// Another round has the header that the lines of the one before have left.
    pub fn edit_credentials(&self, ground: &Ground<'s>) {
        for line in ground.lines(Family::HeaderEdits).filter(|line| !is_early(*line)) {
            match edit(line) {
                None => {}
                Some(Edit::Drops) => drop(self.credentials.replace(Brought::None)),
                Some(_) => drop(self.credentials.replace(Brought::Unknown)),
            }
        }
    }

    /// Whether a line of the server or of an earlier round took the header away.
    fn is_dropped(&self) -> bool {
        let mut lines = self.settings.scopes.iter().flat_map(|scope| scope.own(Family::HeaderEdits));
        let is_early = lines.any(|line| is_early(line) && matches!(edit(line), Some(Edit::Drops)));
        is_early
            || *self.credentials.borrow() == Brought::None && self.request.credentials != Credentials::None
    }
}

/// What a line does to `Authorization`.
enum Edit {
    Drops,
    Replaces,
    Unclear,
}

fn is_early(line: Directive<'_>) -> bool {
    line.argument(line.arity().saturating_sub(1))
        .is_some_and(|word| word.text().eq_ignore_ascii_case("early"))
}

/// None where the line is about another header.
fn edit(line: Directive<'_>) -> Option<Edit> {
    let header = line.literal(1)?;
    if !header.trim_end_matches(':').eq_ignore_ascii_case("authorization") {
        return None;
    }
    let is_conditional = line.arguments().any(|word| {
        let word = word.text();
        word.starts_with("env=") || word.starts_with("expr=")
    });
    Some(match line.literal(0)?.to_ascii_lowercase().as_str() {
        _ if is_conditional => Edit::Unclear,
        "unset" => Edit::Drops,
        "set" if line.is(2, "") => Edit::Replaces,
        "set" => Edit::Replaces,
        _ => Edit::Unclear,
    })
}

/// The bytes of a text in base 64, as far as it is one.
fn decoded(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut out) = (0_u32, 0, Vec::new());
    for byte in text.bytes() {
        let Some(digit) = DIGITS.iter().position(|&known| known == byte) else { break };
        bits = (bits << 6 | u32::try_from(digit).unwrap_or(0)) & 0xFFFF;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from(bits >> count & 0xFF).unwrap_or(0));
        }
    }
    out
}
