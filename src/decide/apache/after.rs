//! The whole way: rounds that follow each other, and what comes behind the checks (spec a117 to a124).

use std::path::PathBuf;

use super::map::Target;
use super::rewrite::Section;
use super::rules;
use super::stop::{Answer, Stop};
use super::url::{escaped, normalized};
use super::visit::{Ending, Last, Next, Round, Visit};
use crate::decide::Authorization;
use crate::model::{Directive, Family, Ground, Kind, Name, Scope, Sections};
use crate::source::Node;

/// httpd gives up after so many internal redirects.
const MOST_REDIRECTS: usize = 10;

/// Indexes of directories stand in each other no deeper than this.
const MOST_INDEXES: usize = 4;

impl<'s> Visit<'_, 's> {
    /// What a backend gets to see, or how the way ends before the content.
    pub fn answer(&self) -> Result<Option<Authorization>, Stop> {
        match self.rounds() {
            Err((Stop::Answer(answer), ground)) => self.dressed(answer, ground.as_deref()),
            Err((stop, _)) => Err(stop),
            Ok(ending) => {
                self.place.replace(place(&ending));
                self.file.replace(sent_file(&ending));
                match self.authorization(&ending) {
                    None if self.is_not_found(&ending) => self.not_found(&ending),
                    authorization => Ok(authorization),
                }
            }
        }
    }

    /// Whether the handler of files has none to send.
    fn is_not_found(&self, ending: &Ending<'s>) -> bool {
        let round = &ending.round;
        let is_on = |line: Directive<'_>| line.is_ignoring_case(0, "on");
        let is_missing = match round.seen {
            Node::Missing => true,
            Node::File => {
                !round.path_info.is_empty()
                    && !ending.ground.last_setting("AcceptPathInfo").is_some_and(is_on)
            }
            Node::Directory => round.uri.ends_with('/') && !self.ready.has_module(&["autoindex"]),
            _ => false,
        };
        matches!(ending.next, Next::Content)
            && is_missing
            && matches!(round.method.as_str(), "GET" | "HEAD" | "POST")
            && !Self::has_handler(ending)
    }

    /// A backend, or a rule, may answer in place of a file that is not there (spec a120).
    fn not_found(&self, ending: &Ending<'s>) -> Result<Option<Authorization>, Stop> {
        match self.dressed(Answer::responds(404), Some(&*ending.ground)) {
            // It stays an answer of the handler.
            Err(Stop::Answer(_)) if !self.is_answered_by_rule.get() => Ok(None),
            result => result,
        }
    }

    fn rounds(&self) -> Result<Ending<'s>, (Stop, Option<std::sync::Arc<Ground<'s>>>)> {
        let start = || -> Result<Round, Stop> {
            self.check_connection()?;
            self.check_parameters()?;
            // Of several slashes at the beginning one is left, whatever `MergeSlashes` says.
            let raw = self.request.path();
            let raw = &raw[raw.bytes().take_while(|byte| *byte == b'/').count().saturating_sub(1)..];
            // `CONNECT` asks for a host and a port, and no path.
            if !raw.starts_with('/') || self.request.method == "CONNECT" {
                return Err(Stop::responds(400));
            }
            let mut first =
                Round::new(raw.to_owned(), self.request.query().map(str::to_owned), &self.request.method);
            self.take_early_edits();
            // They see the path as it came (spec a127).
            self.set_server_variables(&mut first);
            Ok(Round { uri: self.mended(raw)?, ..first })
        };
        let defaults = || self.ready.grounds.merge(&Sections { server: self.server, ..Sections::default() });
        let mut round = start().map_err(|stop| (stop, Some(defaults())))?;
        for depth in 0..=MOST_REDIRECTS {
            let mut ground = None;
            let ending = self.round(round, &mut ground).map_err(|stop| (stop, ground))?;
            let Next::Again(uri, query) = &ending.next else { return Ok(ending) };
            let mut next = Round::new(String::new(), query.clone(), &ending.round.method);
            next.environment = ending.round.environment.redirected(200);
            next.before_user.clone_from(&ending.round.user);
            next.before = Some(ending.sections.clone());
            next.before_directory = Some(ending.round.directory());
            self.edit_credentials(&ending.ground);
            next.depth = depth + 1;
            let ground = Some(ending.ground.clone());
            next.uri = self.mended(&escaped(uri)).map_err(|stop| (stop, ground.clone()))?;
            let mut raw = Round { uri: next.uri.clone(), ..next };
            self.set_server_variables(&mut raw);
            round = raw;
        }
        Err((Stop::refused(500), None))
    }

    /// Whether it is the kind of connection that the server speaks.
    fn check_connection(&self) -> Result<(), Stop> {
        match (self.settings.is_tls, self.request.is_tls) {
            (true, false) if self.request.port.is_some() => Err(Stop::responds(400)),
            (false, true) => Err(Stop::unknown("the server does not speak TLS here")),
            _ => Ok(()),
        }
    }

    /// With `mapping=servlet` a proxy takes parameters out of paths (spec a51).
    fn check_parameters(&self) -> Result<(), Stop> {
        let mut lines = self.settings.scopes.iter().flat_map(|scope| scope.own(Family::Handler));
        let maps = |line: Directive<'_>| line.arguments().any(|word| word.text().starts_with("mapping="));
        match lines.find(|line| maps(*line)) {
            Some(line) if self.request.path().contains(';') => {
                Err(Stop::unknown(format!("what `{}` makes of parameters is not followed", line.text())))
            }
            _ => Ok(()),
        }
    }

    fn mended(&self, path: &str) -> Result<String, Stop> {
        let bytes = normalized(path, self.settings.merges_slashes, self.settings.encoded_slashes);
        let bytes = bytes.map_err(Stop::responds)?;
        String::from_utf8(bytes).map_err(|_| Stop::unknown("paths that are no text are not followed"))
    }

    /// One round, to the content or to another one. `at` is what held where it ended.
    pub fn round(
        &self,
        mut round: Round,
        at: &mut Option<std::sync::Arc<Ground<'s>>>,
    ) -> Result<Ending<'s>, Stop> {
        let grounds = &self.ready.grounds;
        let mut sections = Sections { server: self.server, ..Sections::default() };
        self.walk_locations(&mut sections, &round.uri);
        self.walk_conditions(&mut sections, &round)?;
        let ground = grounds.merge(&sections);
        *at = Some(ground.clone());
        let target = self.map(&mut round, &ground)?;
        if let Target::Backend(_, url) = &target {
            round.filename = Some(format!("proxy:{url}"));
        }
        let mut sections = match &target {
            Target::Backend(_, url) => {
                let directories = grounds.lookup().proxies(self.server, url);
                Sections { server: self.server, directories, ..Sections::default() }
            }
            Target::File => {
                if round.method == "TRACE" && round.depth == 0 {
                    return Err(self.trace());
                }
                *at = Some(grounds.merge(&Sections { server: self.server, ..Sections::default() }));
                self.walk_directories(&mut round)?
            }
        };
        // In the same directory nothing but the name of what is there is looked at again (`ap_directory_walk`).
        if let Some(before) = &round.before
            && matches!(target, Target::File)
            && matches!(round.seen, Node::File | Node::Directory)
            && round.path_info.is_empty()
            && round.before_directory.as_deref() == Some(&round.directory())
        {
            sections.directories.clone_from(&before.directories);
            let name = round.filename.as_deref().unwrap_or_default().rsplit('/').next().unwrap_or_default();
            sections.files = grounds.lookup().files(self.server, &sections.directories, name);
        }
        self.walk_locations(&mut sections, &round.uri);
        self.walk_conditions(&mut sections, &round)?;
        let ground = grounds.merge(&sections);
        *at = Some(ground.clone());
        self.last.replace(Some(Last {
            sections: sections.clone(),
            directory: round.directory(),
            environment: round.environment.clone(),
        }));
        let lines = ground.scopes.iter().skip(self.settings.scopes.len()).copied();
        let lines: Vec<Directive<'s>> = lines.flat_map(|scope| scope.own(Family::EnvIf)).collect();
        if !round.is_sub {
            self.set_variables(lines.into_iter(), &mut round);
        }
        // The same sections once more: nobody is judged twice (spec a119).
        // Sections of backends and conditions in conditions are merged anew each time.
        let is_merged_anew = matches!(target, Target::Backend(..)) && !sections.directories.is_empty()
            || self.has_nested_conditions(&sections);
        if round.before.as_ref() != Some(&sections) || is_merged_anew {
            let user = self.check(&round, &ground)?;
            round.user = user.or(round.user);
        } else if let Some(doubt) = &ground.doubt {
            return Err(Stop::unknown(doubt.clone()));
        } else {
            round.user = round.before_user.take();
        }
        if let Target::Backend(line, url) = target {
            self.tell(line, "hands the request on");
            let mut changed = round.clone();
            if self.rewrite_in_section(&mut changed, &ground)?.is_some() {
                return Err(Stop::unknown("rewriting of what goes to a backend is not followed"));
            }
            self.redirect_in_sections(&round, &ground)?;
            if round.method == "TRACE"
                && self.settings.traces.is_some_and(|line| line.is_ignoring_case(0, "off"))
            {
                return Err(self.trace());
            }
            return Ok(Ending { round, ground, sections, next: Next::Backend(url) });
        }
        self.fix_up(round, ground, sections, at)
    }

    /// Whether conditions stand in conditions that hold: then what is merged is never the same.
    fn has_nested_conditions(&self, sections: &Sections) -> bool {
        let mut all = sections.ifs.iter().flatten().map(|&id| self.ready.grounds.scope(id));
        all.any(|scope| scope.conditionals().next().is_some())
    }

    fn trace(&self) -> Stop {
        match self.settings.traces {
            Some(line) if line.is_ignoring_case(0, "off") => {
                self.tell(line, "refuses the method");
                Stop::responds(405)
            }
            Some(line) => {
                self.tell(line, "answers before any check");
                Stop::responds(200)
            }
            None => Stop::responds(200),
        }
    }

    /// Rewriting and redirects of sections, then directories.
    fn fix_up(
        &self,
        mut round: Round,
        ground: std::sync::Arc<Ground<'s>>,
        sections: Sections,
        at: &mut Option<std::sync::Arc<Ground<'s>>>,
    ) -> Result<Ending<'s>, Stop> {
        let rewritten = self.rewrite_in_section(&mut round, &ground)?;
        self.redirect_in_sections(&round, &ground)?;
        let is_directory = round.seen == Node::Directory && self.ready.has_module(&["dir_module"]);
        let slash = ground.last_setting("DirectorySlash");
        let adds_slash = slash.is_none_or(|line| !line.is_ignoring_case(0, "off"));
        // The slash behind a directory comes before another round.
        if is_directory && !round.uri.ends_with('/') && adds_slash {
            return Ok(Ending { round, ground, sections, next: Next::Content });
        }
        self.fake_credentials(&ground);
        Self::set_fixed_variables(&ground, &mut round);
        match rewritten {
            Some(Section::Again(url)) => {
                let next = Next::Again(url, round.query.clone());
                return Ok(Ending { round, ground, sections, next });
            }
            Some(Section::Backend(line, url)) => {
                self.tell(line, "hands the request on");
                return Ok(Ending { round, ground, sections, next: Next::Backend(url) });
            }
            None => {}
        }
        if is_directory {
            return self.index(round, ground, sections, at);
        }
        if round.seen == Node::Missing
            && let Some(line) = ground.last_setting("FallbackResource")
        {
            return Err(Stop::unknown(format!("what `{}` does is not followed", line.text())));
        }
        Ok(Ending { round, ground, sections, next: Next::Content })
    }

    /// `Redirect` in a `<Directory>` or `.htaccess` (spec a124).
    fn redirect_in_sections(&self, round: &Round, ground: &Ground<'s>) -> Result<(), Stop> {
        let servers = self.settings.scopes.len();
        let sections = || ground.scopes.iter().skip(servers).rev();
        let lines = || {
            sections().flat_map(|scope| scope.own(Family::Rewrite).filter(|it| it.name() == Name::Redirect))
        };
        for line in lines() {
            if let Some(rules::Redirect { path: None, status }) = rules::redirect(line) {
                self.tell(line, "answers");
                return Err(Stop::responds(status));
            }
        }
        if let Some((line, status)) = self.redirected(lines(), &round.uri)? {
            self.tell(line, "answers");
            return Err(Stop::responds(status));
        }
        Ok(())
    }

    /// The files of `DirectoryIndex` are asked for as if each were requested (spec a117).
    fn index(
        &self,
        round: Round,
        ground: std::sync::Arc<Ground<'s>>,
        sections: Sections,
        at: &mut Option<std::sync::Arc<Ground<'s>>>,
    ) -> Result<Ending<'s>, Stop> {
        if !round.uri.ends_with('/') {
            return Ok(Ending { round, ground, sections, next: Next::Content });
        }
        if round.depth > MOST_INDEXES + MOST_REDIRECTS {
            return Err(Stop::unknown("indexes of directories that are directories are not followed"));
        }
        let lines = ground.setting("DirectoryIndex");
        let mut names: Vec<String> = Vec::new();
        for line in &lines {
            for word in line.arguments() {
                let word = word.text().into_owned();
                if word.eq_ignore_ascii_case("disabled") {
                    names.clear();
                } else {
                    names.push(word);
                }
            }
        }
        if lines.is_empty() {
            names.push("index.html".into());
        }
        let mut refusal = None;
        for (nth, name) in names.iter().enumerate() {
            let uri = if name.starts_with('/') { name.clone() } else { format!("{}{name}", round.uri) };
            let mut sub = Round::new(uri, round.query.clone(), "GET");
            sub.is_sub = true;
            sub.environment = round.environment.clone();
            sub.before_user.clone_from(&round.user);
            sub.before = Some(sections.clone());
            sub.before_directory = Some(round.directory());
            sub.depth = MOST_REDIRECTS + 1 + round.depth.saturating_sub(MOST_REDIRECTS);
            match self.round(sub, at) {
                Ok(mut ending)
                    if ending.round.seen == Node::File || matches!(ending.next, Next::Backend(..)) =>
                {
                    self.hangs(format!("the file {}", ending.round.filename.clone().unwrap_or_default()));
                    ending.round.is_sub = false;
                    return Ok(ending);
                }
                Ok(_) => {}
                Err(Stop::Unknown(why)) => return Err(Stop::Unknown(why)),
                Err(Stop::Answer(answer)) => {
                    let is_last = nth + 1 == names.len();
                    if (300..400).contains(&answer.status) || answer.status == 401 && is_last {
                        return Err(Stop::Answer(answer));
                    }
                    // Of those before the last the status is kept, and no header.
                    if answer.status != 404 {
                        refusal = Some(Answer { scheme: None, realm: None, ..answer });
                    }
                }
            }
        }
        *at = Some(ground.clone());
        match refusal {
            Some(answer) => Err(Stop::Answer(answer)),
            None => Ok(Ending { round, ground, sections, next: Next::Content }),
        }
    }
}

/// The file that is sent, if it is one as it is.
fn sent_file(ending: &Ending<'_>) -> Option<PathBuf> {
    let is_sent = matches!(ending.next, Next::Content)
        && ending.round.seen == Node::File
        && ending.round.path_info.is_empty()
        && !Visit::has_handler(ending);
    ending.round.filename.as_ref().filter(|_| is_sent).map(PathBuf::from)
}

/// The place that answers, as it is written: the last section that stands for one.
fn place(ending: &Ending<'_>) -> Option<String> {
    let is_place = |scope: &&Scope<'_>| {
        matches!(scope.kind(), Kind::Directory | Kind::Location | Kind::Files | Kind::Proxy)
    };
    let scope = ending.ground.scopes.iter().rev().find(is_place)?;
    Some(format!("<{}>", scope.title().trim_start_matches('<').trim_end_matches('>')))
}
