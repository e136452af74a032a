//! Parts of Apache's places that are let off the password, and asked for it all the same (spec a117, a129).

use super::names::Family;
use super::{Directive, Kind, Location, Modifier, Onward, Outcomes, Purpose, Scope, Viewpoint};

/// A part that is let off, and what asks there.
#[derive(Clone, Debug)]
pub struct Exempt<'s> {
    /// The line that lets the part off.
    pub granted: Directive<'s>,
    /// A path of that part.
    pub path: String,
    /// The front controller that answers for the part.
    pub front: Onward<'s>,
    /// The line that asks there.
    pub by: Directive<'s>,
}

impl<'s> Scope<'s> {
    /// The part that is let off here, by a section for it, a condition or a variable, although a front controller
    /// answers for it that is not (spec a129).
    #[must_use]
    pub fn exempt_before_front_controller(self) -> Option<Exempt<'s>> {
        match self.kind() {
            Kind::Location => self.opening_line().and_then(|granted| {
                let (front, by) = self.front_controller_that_asks()?;
                Some(Exempt { granted, path: self.sample_path("x")?, front, by })
            }),
            Kind::If => self.exempt_by_section(),
            _ => self.exempt_by_line(),
        }
    }

    /// `<If "%{REQUEST_URI} =~ m#^/api#">` that lets everybody in. It is another section, so the program is judged anew.
    fn exempt_by_section(self) -> Option<Exempt<'s>> {
        let granted = self.requires().find(|line| line.is_certain() && line.grants_everybody())?;
        let path = path_of_condition(&self.title()).filter(|_| self.is_certainly_there())?;
        let server = self.server()?;
        let is_around = |place: &Scope<'s>| place.is_exact_place() && place.covers_path(&path);
        let places: Vec<Scope<'s>> =
            server.descendants().chain(server.htaccess_files()).filter(is_around).collect();
        if places.iter().any(|place| place.kind() == Kind::Mapping) {
            return None;
        }
        let front = places.iter().find_map(|place| place.front_controller())?;
        let name = front.path.rsplit('/').next()?;
        let is_same = speaks_of_program(&self.title(), &path, &front.path);
        let by = server.asks_at("GET", &front.path)?;
        (!is_same && !self.speaks_of_file(name)).then_some(Exempt { granted, path, front, by })
    }

    /// A variable or an expression among the `Require` lines. The program is judged anew only if another section is
    /// for it.
    fn exempt_by_line(self) -> Option<Exempt<'s>> {
        let front = self.front_controller()?;
        let name = front.path.rsplit('/').next()?;
        let server = self.server()?;
        let sections = self.descendants().chain(server.children()).chain(self.site.main_sections());
        let mut others =
            sections.filter(|other| other.kind() == Kind::Files && other.matches(name) == Some(true));
        others.next().filter(|_| !self.speaks_of_file(name))?;
        let granted = self.granting_variable(server).or_else(|| self.granting_expression(&front.path))?;
        let by = self.asking_line()?;
        Some(Exempt { granted, path: self.sample_path("x")?, front, by })
    }

    fn granting_variable(self, server: Scope<'s>) -> Option<Directive<'s>> {
        let is_env = |line: &Directive<'s>, name: &str| line.is(0, "env") && line.is(1, name);
        let of_path = |line: &Directive<'s>| line.is_ignoring_case(0, "Request_URI");
        let sources = [self, server, self.site.scope(0)];
        let lines = sources.into_iter().flat_map(|scope| scope.own(Family::EnvIf)).filter(of_path);
        let mut names = lines.filter_map(|line| Some(line.literal(2)?.split('=').next()?.to_owned()));
        names.find_map(|name| {
            let is_kept = self.requires().any(|line| is_env(&line, &format!("REDIRECT_{name}")));
            self.requires().find(|line| is_env(line, &name) && !is_kept)
        })
    }

    /// `Require expr "%{REQUEST_URI} =~ m#^/api#"` that is enough by itself.
    fn granting_expression(self, program: &str) -> Option<Directive<'s>> {
        let is_enough = self.outcome("GET", Viewpoint::Stranger).may_be(Outcomes::GRANTED);
        self.requires().find(|line| {
            let path = path_of_condition(&line.text()).filter(|_| is_enough && line.is(0, "expr"));
            path.is_some_and(|path| !speaks_of_program(&line.text(), &path, program))
        })
    }

    /// The line that lets off nothing but the index of this directory, and the directory's own path, which is asked
    /// for first (spec a117).
    #[must_use]
    pub fn index_alone_exempt(self) -> Option<(Directive<'s>, &'s str)> {
        let directory = self.parent().filter(|outer| self.kind() == Kind::Files && outer.is_exact_place())?;
        // An expression for all pages is about what is in them, and not about the start page.
        let is_alone = self.matches("page.html") == Some(false) && self.matches("page.htm") == Some(false);
        let granted = self.opening_line().filter(|_| is_alone && self.is_certainly_there())?;
        let server = self.server()?;
        let all = server.descendants().chain(server.htaccess_files()).chain([server, self.site.scope(0)]);
        let mut lines = all
            .flat_map(|scope| scope.own(Family::Setting))
            .filter(|line| line.is_named("DirectoryIndex"))
            .peekable();
        let is_exempt = |name: &str| {
            matches!(name, "index.html" | "index.htm" | "index.shtml") && self.matches(name) == Some(true)
        };
        let is_usual = lines.peek().is_none() && is_exempt("index.html");
        let is_index = |line: Directive<'_>| line.arguments().any(|word| is_exempt(&word.text()));
        (is_usual || lines.any(is_index)).then_some((granted, directory.url()?))
    }
}

/// Whether a condition that begins with a path likely holds for a program, too.
fn speaks_of_program(condition: &str, path: &str, program: &str) -> bool {
    let name = program.rsplit('/').next().and_then(|name| name.split('.').next());
    program.starts_with(path) || name.is_some_and(|name| condition.contains(name))
}

/// The path that a condition wants at the beginning: `/api` for `%{REQUEST_URI} =~ m#^/api(/|$)#`. None where more is
/// wanted, and for files and what pages are made of: those are no part of a program.
fn path_of_condition(text: &str) -> Option<String> {
    let (before, after) = text.split_once("%{REQUEST_URI}")?;
    let is_more = ["%{", "||", "&&", "|^", "!"].iter().any(|sign| after.contains(sign));
    if is_more || before.contains(['%', '!', '|', '&']) {
        return None;
    }
    let after = after.trim_start();
    let pattern = match after.strip_prefix("=~") {
        Some(expression) => expression.split_once('^')?.1.replace("\\/", "/"),
        None => after.strip_prefix("-strmatch")?.trim_start_matches([' ', '\'', '"', '\\']).to_owned(),
    };
    // Of alternatives the first one speaks for all.
    let pattern = pattern.replacen("/(?:", "/", 1).replacen("/(", "/", 1);
    let end =
        pattern.find(|c: char| !c.is_ascii_alphanumeric() && !"/_-".contains(c)).unwrap_or(pattern.len());
    let (start, rest) = (pattern.get(..end)?, pattern.get(end..)?);
    let is_cut = rest.starts_with(['.', '\\', '[', '?', '*', '+']);
    let path = if is_cut { start.rsplit_once('/')?.0 } else { start.trim_end_matches('/') };
    let purpose = Location { modifier: Modifier::Prefix, path: path.into() }.purpose();
    (path.len() > 1 && path.starts_with('/') && purpose != Some(Purpose::Assets)).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::path_of_condition;

    #[test]
    fn paths_of_conditions() {
        for (condition, path) in [
            ("%{REQUEST_URI} =~ m#^/api(/|$)#", Some("/api")),
            ("%{REQUEST_URI} =~ m#^/api#", Some("/api")),
            ("expr %{REQUEST_URI} =~ m#^/api/.*#", Some("/api")),
            ("%{REQUEST_URI} =~ /^\\/api\\//", Some("/api")),
            ("%{REQUEST_URI} =~ m#^/api/v[12]/#", Some("/api")),
            ("%{REQUEST_URI} =~ m#^/(api|hooks)/#", Some("/api")),
            ("%{REQUEST_URI} =~ m#^/(?:api|hooks)/#", Some("/api")),
            ("%{REQUEST_URI} -strmatch '/api/*'", Some("/api")),
            ("%{REQUEST_URI} !~ m#^/admin#", None),
            ("!(%{REQUEST_URI} =~ m#^/admin#)", None),
            ("%{REQUEST_URI} =~ m#^/index\\.php#", None),
            ("%{REQUEST_URI} =~ m#^/$#", None),
            ("%{REQUEST_URI} =~ m#^/#", None),
            ("%{REQUEST_URI} =~ m#^/static/#", None),
            ("%{REQUEST_URI} =~ m#\\.css$#", None),
            ("%{REQUEST_URI} =~ m#^/api# && %{HTTP_HOST} == 'x'", None),
            ("%{THE_REQUEST} =~ m#^GET /api#", None),
        ] {
            assert_eq!(path_of_condition(condition).as_deref(), path, "{condition}");
        }
    }
}
