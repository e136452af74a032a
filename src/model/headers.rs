//! What a backend gets to see of the request's headers (spec U2 to U8).

use super::names::{Family, Name};
use super::{Directive, Purpose, Scope, Value};

/// The protocols that pass a request on, each with the families of directives that change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backend<'s> {
    /// `proxy_pass` or its like.
    pub pass: Directive<'s>,
    /// The list of headers or parameters that are sent.
    pub list: Family,
    /// `..._pass_request_headers`; gRPC has none.
    switch: Option<Family>,
    /// Whether headers are spelt `HTTP_NAME`, as for programs.
    is_cgi: bool,
}

/// What becomes of a header of the client on its way to the backend.
#[derive(Clone, Copy, Debug)]
pub enum Forwarded<'s> {
    /// The backend gets what the client sent.
    AsSent,
    /// The backend never gets it.
    Dropped(Directive<'s>),
    /// The backend gets something else.
    Replaced(Directive<'s>),
    /// It depends on something that is not known.
    Unknown,
}

/// A header line of an outer scope that is not in force, because an inner scope has lines of its
/// own (spec U4).
#[derive(Clone, Copy, Debug)]
pub struct Lost<'s> {
    /// The outer line.
    pub line: Directive<'s>,
    /// The first line of the inner scope.
    pub replaced_by: Directive<'s>,
}

impl<'s> Backend<'s> {
    /// What Apache hands requests on to.
    pub(super) fn of_apache(pass: Directive<'s>) -> Self {
        let is_program =
            |word: Value<'_>| ["fcgi://", "scgi://"].iter().any(|start| word.text().contains(start));
        let is_cgi = pass.name() == Name::CgiPassAuth || pass.arguments().any(is_program);
        Backend { pass, list: Family::HeaderEdits, switch: None, is_cgi }
    }

    /// The address of the backend: of Apache's `ProxyPass`, where a path may stand before it, the word
    /// that looks like one.
    fn target(self) -> Option<Value<'s>> {
        let url = self.pass.arguments().find(|word| word.text().contains("://"));
        url.or_else(|| self.pass.argument(0))
    }
}

impl Backend<'_> {
    /// The family of the switch that keeps all headers of the client back, where the protocol has one.
    #[must_use]
    pub fn switch(self) -> Option<Family> {
        self.switch
    }

    /// The first word of the names of the directives about it: `proxy`, `fastcgi`.
    #[must_use]
    pub fn protocol(self) -> &'static str {
        match self.list {
            Family::GrpcHeaders => "grpc",
            Family::FastcgiParams => "fastcgi",
            Family::UwsgiParams => "uwsgi",
            Family::ScgiParams => "scgi",
            _ => "proxy",
        }
    }

    /// Whether Apache hands requests on to it.
    #[must_use]
    pub fn is_of_apache(self) -> bool {
        self.list == Family::HeaderEdits
    }

    /// Whether it is a program that is told of the request by parameters, as of CGI.
    #[must_use]
    pub fn is_told_by_parameters(self) -> bool {
        self.is_cgi
    }

    /// Whether a line of [`Backend::list`] is about this header of HTTP; case does not count.
    #[must_use]
    pub fn is_about(self, line: Directive<'_>, header: &str) -> bool {
        self.header(line).is_some_and(|name| name.eq_ignore_ascii_case(header))
    }

    /// The header of HTTP that a line is about, in small letters. A parameter of CGI that stands for
    /// no header, such as `REMOTE_USER`, keeps its underscores, which no header has.
    #[must_use]
    pub fn header(self, line: Directive<'_>) -> Option<String> {
        let at = usize::from(self.list == Family::HeaderEdits);
        let name = line.literal(at)?.to_ascii_lowercase();
        match name.strip_prefix("http_").filter(|_| self.is_cgi) {
            Some(header) => Some(header.replace('_', "-")),
            None => Some(name),
        }
    }
}

impl<'s> Scope<'s> {
    /// How this very scope passes requests on, if it does.
    #[must_use]
    pub fn backend(self) -> Option<Backend<'s>> {
        if self.site.is_apache() {
            return self.apache_backend();
        }
        let pass = self.own(Family::Handler).last()?;
        let (list, switch) = match pass.name() {
            Name::GrpcPass => (Family::GrpcHeaders, None),
            Name::FastcgiPass => (Family::FastcgiParams, Some(Family::FastcgiRequestHeaders)),
            Name::UwsgiPass => (Family::UwsgiParams, Some(Family::UwsgiRequestHeaders)),
            Name::ScgiPass => (Family::ScgiParams, Some(Family::ScgiRequestHeaders)),
            _ => (Family::ProxyHeaders, Some(Family::ProxyRequestHeaders)),
        };
        Some(Backend { pass, list, switch, is_cgi: !matches!(pass.name(), Name::ProxyPass | Name::GrpcPass) })
    }

    /// What becomes of a header of the client on the way to this scope's backend (spec U3, U7, U8).
    #[must_use]
    pub fn forwards(self, backend: Backend<'s>, header: &str) -> Forwarded<'s> {
        if self.site.is_apache() {
            return self.apache_forwards(header);
        }
        let list_is_known = match self.provider(backend.list) {
            Some(provider) => provider.is_wholly_known(),
            None => self.lacks(backend.list),
        };
        if !list_is_known {
            return Forwarded::Unknown;
        }
        let mut dropped = None;
        for line in self.list(backend.list).filter(|line| backend.is_about(*line, header)) {
            match line.argument(1).map(|value| (value.is_template(), self.value_of(value))) {
                Some((true, _)) | None => return Forwarded::Unknown,
                Some((_, text)) if text.is_empty() => dropped = Some(line),
                Some((_, text)) if text == own_variable(header) => return Forwarded::AsSent,
                Some(_) => return Forwarded::Replaced(line),
            }
        }
        let switch =
            backend.switch.and_then(|family| self.directive(family)).filter(|switch| switch.is(0, "off"));
        match dropped.or(switch) {
            Some(line) => Forwarded::Dropped(line),
            None if backend
                .switch
                .is_none_or(|family| self.lacks(family) || self.directive(family).is_some()) =>
            {
                Forwarded::AsSent
            }
            None => Forwarded::Unknown,
        }
    }

    /// Whether the backend is plainly asked on behalf of nobody, so that credentials have to be
    /// kept from it: cookies are dropped as well, it is an object store (which refuses requests with
    /// an `Authorization` that is not its own), it is a host of somebody else, or it has static files only.
    #[must_use]
    pub fn is_anonymous(self, backend: Backend<'s>) -> bool {
        // A switch that keeps all headers back is not about logins.
        if matches!(self.forwards(backend, "Cookie"), Forwarded::Dropped(by) if backend.is_about(by, "Cookie"))
        {
            return true;
        }
        let target = backend.target().map(|value| value.text().to_ascii_lowercase()).unwrap_or_default();
        let host =
            target.strip_prefix("https://").map(|rest| rest.split(['/', ':']).next().unwrap_or_default());
        let is_foreign =
            host.is_some_and(|host| host.contains(|c: char| c.is_ascii_alphabetic()) && host.contains('.'));
        // A name of its own for the backend is not the name of this site.
        let has_own_name = self.list(backend.list).any(|line| {
            backend.is_about(line, "Host") && line.literal(1).is_some_and(|host| host.contains('.'))
        });
        is_foreign
            || has_own_name
            || self.purpose() == Some(Purpose::Assets)
            || self.is_before_a_store(backend)
    }

    /// Whether the backend is an object store, which refuses requests with an `Authorization` that is not
    /// its own.
    #[must_use]
    pub fn is_before_a_store(self, backend: Backend<'s>) -> bool {
        let target = backend.target().map(|value| value.text().to_ascii_lowercase()).unwrap_or_default();
        let hides_store = self
            .list(Family::HiddenHeaders)
            .any(|line| line.argument(0).is_some_and(|name| is_of_a_store(&name.text())));
        hides_store || STORES.iter().any(|store| target.contains(store))
    }

    /// Whether the line that passes the client's own header on is there on purpose.
    #[must_use]
    pub fn hands_on_by_name(self, backend: Backend<'s>, header: &str) -> bool {
        let is_so = |line: Directive<'_>| {
            backend.is_about(line, header)
                && line.argument(1).is_some_and(|value| value.text().contains(&own_variable(header)))
        };
        self.list(backend.list).any(is_so)
    }

    /// Whether something stands before the scope, or was meant to: a realm without its file, too.
    #[must_use]
    pub fn is_guarded(self) -> bool {
        if self.site.is_apache() {
            return !self.is_open_at_hand() && (!self.asks().nothing() || self.keeps_strangers_out());
        }
        let has_realm = self.directive(Family::Realm).is_some_and(|realm| !realm.is(0, "off"));
        !self.asks().nothing() || has_realm || !self.lacks(Family::Rules)
    }

    /// Whether some line of the backend's list, in force or lost, hands on who logged in: one that was written for
    /// it, not that of a file that a distribution ships.
    #[must_use]
    pub fn hands_on_the_user(self) -> bool {
        let Some(backend) = self.backend() else { return false };
        if self.site.is_apache() {
            return self.tells_the_user();
        }
        let next = |provider: &Scope<'s>| provider.parent()?.provider(backend.list);
        std::iter::successors(self.provider(backend.list), next)
            .flat_map(|provider| provider.own(backend.list))
            .filter(|line| !self.site.is_shipped(*line))
            .any(|line| line.argument(1).is_some_and(|value| value.text().contains("remote_user")))
    }

    /// The same, but for what programs are told by parameters: that line is in most files, for every place.
    #[must_use]
    pub fn tells_a_backend_who(self) -> bool {
        self.backend().is_some_and(|backend| !backend.is_told_by_parameters()) && self.hands_on_the_user()
    }

    /// The outer lines of the backend's list that are not in force here although they would change
    /// something: no line in force is about the same header, and they do more than the default.
    #[must_use]
    pub fn lost_lines(self, backend: Backend<'s>) -> Vec<Lost<'s>> {
        let Some(mut inner) = self.provider(backend.list).filter(|inner| inner.is_wholly_known()) else {
            return Vec::new();
        };
        let in_force: Vec<Directive<'s>> = inner.own(backend.list).collect();
        let mut lost: Vec<Lost<'s>> = Vec::new();
        while let Some(outer) = inner.parent().and_then(|parent| parent.provider(backend.list)) {
            let Some(replaced_by) = inner.own(backend.list).next() else { break };
            for line in outer.own(backend.list) {
                let Some(header) = backend.header(line) else { continue };
                let is_told = |other: Directive<'_>| backend.is_about(other, &header);
                let is_default = line.argument(1).is_some_and(|value| value.text() == own_variable(&header));
                if !is_default
                    && !in_force.iter().any(|line| is_told(*line))
                    && !lost.iter().any(|lost| is_told(lost.line))
                {
                    lost.push(Lost { line, replaced_by });
                }
            }
            inner = outer;
        }
        lost
    }
}

/// Host names of object stores.
const STORES: &[&str] =
    &["amazonaws.com", "storage.googleapis.com", "blob.core.windows.net", "minio", "://s3"];

/// Whether a response header is one that an object store sends.
fn is_of_a_store(header: &str) -> bool {
    ["x-amz-", "x-goog-", "x-ms-"].iter().any(|start| header.to_ascii_lowercase().starts_with(start))
}

/// The variable that holds the client's own header: sending it is what nginx does anyway.
fn own_variable(header: &str) -> String {
    format!("$http_{}", header.to_ascii_lowercase().replace('-', "_"))
}
