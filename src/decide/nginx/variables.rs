//! The values of variables, so far as a request tells them.

use std::net::IpAddr;

use super::maps::{Geo, Map, Table};
use super::regex::Regex;
use super::sockets::Known;
use super::text::{Part, Text};
use super::uri::{argument, escape_args};
use super::visit::{Run, Visit};
use crate::decide::Credentials;
use crate::model::{Cidr, Directive, Family, Setting};

/// A value, or what is known of one that is not known.
pub(super) type Value = Result<Vec<u8>, Unknown>;

/// A value that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unknown {
    /// As a lower-case clause.
    pub(super) why: String,
    /// Whether it is certainly not empty.
    pub(super) is_filled: bool,
}

impl Unknown {
    pub(super) fn new(why: impl Into<String>, is_filled: bool) -> Unknown {
        Unknown { why: why.into(), is_filled }
    }
}

impl<'r, 's> Run<'r, 's> {
    /// A value with its variables filled in.
    pub(super) fn fill(&mut self, visit: &mut Visit<'r, 's>, text: &Text) -> Value {
        self.fill_quoted(visit, text, false)
    }

    /// As [`Run::fill`]; with `quotes`, groups are escaped where the path was sent escaped.
    pub(super) fn fill_quoted(&mut self, visit: &mut Visit<'r, 's>, text: &Text, quotes: bool) -> Value {
        let mut value = Vec::new();
        let mut unknown: Option<Unknown> = None;
        for part in &text.parts {
            let found = match part {
                Part::Literal(bytes) => Ok(bytes.clone()),
                Part::Capture(n) => visit.groups.clone().map(|groups| {
                    let group = groups.get(*n).cloned().unwrap_or_default();
                    let escapes = quotes && (visit.has_percent || visit.has_plus);
                    if escapes { escape_args(&group) } else { group }
                }),
                Part::Variable(name) => self.variable(visit, name),
                Part::Args => Ok(b"?".to_vec()),
            };
            match found {
                Ok(bytes) => value.extend(bytes),
                Err(found) => {
                    let is_filled = found.is_filled || unknown.as_ref().is_some_and(|it| it.is_filled);
                    unknown = Some(Unknown { is_filled, ..found });
                }
            }
        }
        match unknown {
            Some(unknown) => Err(Unknown { is_filled: unknown.is_filled || !value.is_empty(), ..unknown }),
            None => Ok(value),
        }
    }

    /// The value of a variable; the name is in small letters.
    pub(super) fn variable(&mut self, visit: &mut Visit<'r, 's>, name: &str) -> Value {
        if let Some(value) = self.variables.get(name) {
            return value.clone();
        }
        let tables = self.tables;
        if let Some(variable) = tables.variables.get(name) {
            let (value, is_kept) = match &variable.table {
                Ok(Table::Map(map)) => (self.map(visit, variable.by, map), !map.is_volatile),
                Ok(Table::Geo(geo)) => (Ok(self.geo(visit, variable.by, geo)), true),
                Err(why) => (Err(Unknown::new(why.clone(), false)), true),
            };
            if is_kept {
                self.variables.insert(name.to_owned(), value.clone());
            }
            return value;
        }
        self.built_in(visit, name)
    }

    fn built_in(&mut self, visit: &mut Visit<'r, 's>, name: &str) -> Value {
        let known = |text: &str| Ok(text.as_bytes().to_vec());
        let request = self.request;
        match name {
            "uri" | "document_uri" => Ok(visit.uri.clone()),
            "args" | "query_string" => Ok(visit.args.clone()),
            "is_args" => known(if visit.args.is_empty() { "" } else { "?" }),
            "request_uri" => known(self.target),
            "request" => Ok(format!("{} {} HTTP/1.1", request.method, request.target).into_bytes()),
            "request_method" => known(&self.method),
            "scheme" => known(if request.is_tls { "https" } else { "http" }),
            "https" => known(if request.is_tls { "on" } else { "" }),
            "server_protocol" => known("HTTP/1.1"),
            "server_port" => match self.port {
                Some(port) => Ok(port.to_string().into_bytes()),
                None => Err(Unknown::new("the port is not known", true)),
            },
            "server_addr" => match request.local_address() {
                Some(address) => Ok(self.written(address)),
                None => Err(Unknown::new("the address of the server is not known", true)),
            },
            "server_name" => self.server_name(),
            "host" => match (&self.host, &request.host) {
                (Some(host), _) => known(host),
                (None, None) if self.has_header => Err(Unknown::new("the host is not known", true)),
                (None, _) => self.server_name(),
            },
            "http_host" if !self.has_header => known(""),
            "http_host" => match request.host_header() {
                Some(host) => Ok(host.into_bytes()),
                None => Err(Unknown::new("the host is not known", true)),
            },
            "remote_addr" | "realip_remote_addr" => match self.client(visit) {
                Ok(address) => Ok(self.written(address)),
                Err(why) => Err(Unknown::new(why, true)),
            },
            "http_authorization" => match request.credentials {
                _ if !self.has_header => known(""),
                Credentials::None => known(""),
                _ => Err(Unknown::new("the credentials as they are sent are not known", true)),
            },
            "remote_user" => match &request.credentials {
                _ if !self.has_header => known(""),
                Credentials::None => known(""),
                Credentials::User(name) => known(name),
                Credentials::Bad => Err(Unknown::new("whose the wrong credentials are is not known", true)),
            },
            "document_root" => self.document_root(visit),
            "request_filename" => self.file_name(visit),
            "fastcgi_script_name" => script_name(visit),
            "status" => Ok(format!("{:03}", visit.forced_status).into_bytes()),
            "request_completion" | "http2" | "http3" => known(""),
            "pipe" => known("."),
            _ => {
                if let Some(argument_name) = name.strip_prefix("arg_") {
                    return Ok(argument(&visit.args, argument_name));
                }
                if self.tables.declared.contains(name) {
                    return known("");
                }
                if name.starts_with("ssl_") && !request.is_tls {
                    return known("");
                }
                Err(Unknown::new(format!("the value of `${name}` is not known"), is_always_filled(name)))
            }
        }
    }

    fn server_name(&self) -> Value {
        let Some(name) = self.server.own(Family::ServerName).next().and_then(|by| by.argument(0)) else {
            return Ok(Vec::new());
        };
        let bytes = name.bytes().to_ascii_lowercase();
        if bytes.starts_with(b"$") {
            return Err(Unknown::new("the name of the machine is not known", true));
        }
        Ok(bytes.strip_prefix(b".").unwrap_or(&bytes).to_vec())
    }

    /// The address of the client as the checks see it.
    pub(super) fn client(&self, visit: &Visit<'r, 's>) -> Known<IpAddr> {
        let from = self.request.from.ok_or("the address of the client is not known")?;
        // A trusted proxy may say another address, in a header that is not known (spec P5).
        let scope = visit.place.scope;
        let trusts = |by: Directive<'_>| {
            let range = by.literal(0).and_then(|text| Cidr::new(&text));
            range.is_none_or(|range| range.holds(from))
        };
        if !scope.lacks(Family::RealIp) && scope.list(Family::RealIp).any(trusts) {
            return Err("the address that a trusted proxy tells is not known".into());
        }
        Ok(from)
    }

    /// An address as nginx writes it.
    fn written(&self, address: IpAddr) -> Vec<u8> {
        let mapped = if self.is_mapped && address.is_ipv4() { "::ffff:" } else { "" };
        format!("{mapped}{address}").into_bytes()
    }

    fn map(&mut self, visit: &mut Visit<'r, 's>, by: Directive<'s>, map: &'r Map) -> Value {
        let value = match self.fill(visit, &map.source) {
            Ok(source) => {
                self.story.tell(by.span(), "gives a variable its value");
                match map.exact(&source) {
                    Some(value) => value,
                    None => self.match_map(visit, &source, map)?.unwrap_or(&map.default),
                }
            }
            Err(unknown) => {
                // Each line may be the one; an empty value is out where there certainly is some.
                let exact = map.exact.iter().filter(|(key, _)| !(unknown.is_filled && key.is_empty()));
                let mut lines: Vec<(&Vec<u8>, &Text)> = exact.collect();
                lines.sort_by_key(|(key, _)| *key);
                let lines = lines.into_iter().map(|(_, value)| value);
                let all: Vec<&Text> = lines.chain(map.regexes.iter().map(|(_, value)| value)).collect();
                let taken = self.choices.ask(&format!("map {:?}", by.span()), all.len() + 1, &unknown.why);
                if taken > 0 && taken > all.len() - map.regexes.len() {
                    visit.groups = Err(unknown);
                }
                taken.checked_sub(1).and_then(|taken| all.get(taken).copied()).unwrap_or(&map.default)
            }
        };
        self.fill(visit, value)
    }

    fn match_map(
        &mut self,
        visit: &mut Visit<'r, 's>,
        source: &[u8],
        map: &'r Map,
    ) -> Result<Option<&'r Text>, Unknown> {
        if source.is_empty() {
            return Ok(None);
        }
        for (regex, value) in &map.regexes {
            if let Some(found) = regex.find(source).map_err(|why| Unknown::new(why, false))? {
                self.keep(visit, found);
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    fn geo(&mut self, visit: &mut Visit<'r, 's>, by: Directive<'s>, geo: &'r Geo) -> Vec<u8> {
        let source = self.fill(visit, &geo.source);
        let found = match &source {
            Ok(source) => {
                self.story.tell(by.span(), "gives a variable its value");
                let address = std::str::from_utf8(source).ok().and_then(|text| text.parse::<IpAddr>().ok());
                let address = address.map(|address| address.to_canonical());
                // What is no address is looked up as the last one there is.
                let address = address.unwrap_or(IpAddr::V4(std::net::Ipv4Addr::BROADCAST));
                geo.ranges.iter().position(|(range, _)| range.holds(address))
            }
            Err(unknown) => {
                let key = format!("geo {:?}", by.span());
                self.choices.ask(&key, geo.ranges.len() + 1, &unknown.why).checked_sub(1)
            }
        };
        let range = found.and_then(|at| geo.ranges.get(at));
        range.map_or(&geo.default, |(_, value)| value).clone()
    }
}

/// `$fastcgi_script_name`: the path up to where `fastcgi_split_path_info` cuts it, with `fastcgi_index` behind a slash at
/// its end (manual of `ngx_http_fastcgi_module`).
fn script_name(visit: &Visit<'_, '_>) -> Value {
    let word = |name: &str| match visit.place.scope.setting(name) {
        Setting::Lines(lines) => Ok(lines.last().and_then(|line| line.argument(0))),
        Setting::Unset => Ok(None),
        Setting::Unknown => Err(Unknown::new("not all lines that are in force here are at hand", true)),
    };
    let uncertain = |why: String| Unknown::new(why, true);
    let mut name = visit.uri.clone();
    if let Some(pattern) = word("fastcgi_split_path_info")? {
        let cut = Regex::new(&pattern.bytes(), false).and_then(|cut| cut.find(&name)).map_err(uncertain)?;
        name = cut.and_then(|found| found.groups.into_iter().nth(1)).unwrap_or(name);
    }
    if let Some(index) = word("fastcgi_index")?.filter(|_| name.ends_with(b"/")) {
        let index = index.literal().ok_or_else(|| uncertain("the index has variables in it".into()))?;
        name.extend(index.as_bytes());
    }
    Ok(name)
}

/// Variables of which every request has a value.
fn is_always_filled(name: &str) -> bool {
    const FILLED: &[&str] = &[
        "connection",
        "connection_requests",
        "hostname",
        "msec",
        "nginx_version",
        "pid",
        "proxy_add_x_forwarded_for",
        "proxy_host",
        "realpath_root",
        "remote_port",
        "request_id",
        "request_length",
        "request_time",
        "time_iso8601",
        "time_local",
        "binary_remote_addr",
    ];
    FILLED.contains(&name)
}
