//! A request as a client sends it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The credentials that come with a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Credentials {
    /// No `Authorization` header.
    #[default]
    None,
    /// Basic credentials that no password file holds: of nobody, or with a wrong password.
    Bad,
    /// Basic credentials of this user, with the right password.
    User(String),
}

/// A request. Of its headers only `Host` and `Authorization` are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, as it is written in the request line.
    pub method: String,
    /// Whether the connection is encrypted.
    pub is_tls: bool,
    /// The `Host` header without the port, in the client's spelling; none where only a path was given.
    pub host: Option<String>,
    /// The port that the client connected to; none where only a path was given.
    pub port: Option<u16>,
    /// The path and the query as they go over the wire, beginning with `/`.
    pub target: String,
    /// The address of the client.
    pub from: Option<IpAddr>,
    /// Its credentials.
    pub credentials: Credentials,
}

/// Why a text is no URL to ask for, as a lower-case clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub String);

impl Request {
    /// A GET request without credentials for a URL, or for a path of the one server there is.
    ///
    /// # Errors
    /// When the text is neither `http://...`, `https://...` nor begins with `/`.
    pub fn get(url: &str) -> Result<Request, Refused> {
        let mut request = Request {
            method: "GET".into(),
            is_tls: false,
            host: None,
            port: None,
            target: String::new(),
            from: None,
            credentials: Credentials::None,
        };
        // What follows `#` stays with the client.
        let url = url.split('#').next().unwrap_or_default();
        let scheme = |name: &str| {
            let start = url.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name))?;
            Some(&url[start.len()..])
        };
        let rest = match (scheme("http://"), scheme("https://")) {
            (Some(rest), _) => rest,
            (_, Some(rest)) => {
                request.is_tls = true;
                rest
            }
            _ if url.starts_with('/') => {
                url.clone_into(&mut request.target);
                return Ok(request);
            }
            _ => {
                return Err(Refused(
                    "a URL begins with http:// or https://, a path of the one server with /".into(),
                ));
            }
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        if authority.contains('@') {
            return Err(Refused("credentials go into --user, not into the URL".into()));
        }
        let (host, port) = split_port(authority)?;
        if host.is_empty() {
            return Err(Refused("there is no host in the URL".into()));
        }
        request.port = Some(port.unwrap_or(if request.is_tls { 443 } else { 80 }));
        request.host = Some(host.to_owned());
        request.target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
        Ok(request)
    }

    /// The address on the server's side that the client connected to, where it can be told: the host is
    /// an address or `localhost`, or a client on this very machine asks. Then it is the usual address of the
    /// machine for itself, whichever of its own the client has.
    #[must_use]
    pub fn local_address(&self) -> Option<IpAddr> {
        let host = self.host.as_deref().unwrap_or_default();
        let inner = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(host);
        if let Ok(address) = inner.parse::<IpAddr>() {
            // An address of the other family, or one that the machine cannot reach from its own, is only a
            // name in the header.
            let fits = self.from.is_none_or(|from| {
                from.is_ipv4() == address.is_ipv4() && (address.is_loopback() || !from.is_loopback())
            });
            if fits {
                return Some(address);
            }
        }
        let usual = |from: IpAddr| match from {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        };
        let local = self.from.filter(IpAddr::is_loopback).map(usual);
        local.or_else(|| host.eq_ignore_ascii_case("localhost").then_some(IpAddr::V4(Ipv4Addr::LOCALHOST)))
    }

    /// The value of the `Host` header.
    #[must_use]
    pub fn host_header(&self) -> Option<String> {
        let host = self.host.as_deref()?;
        let usual = if self.is_tls { 443 } else { 80 };
        Some(match self.port {
            Some(port) if port != usual => format!("{host}:{port}"),
            _ => host.to_owned(),
        })
    }

    /// `http://a.example:8080`; none where only a path was given.
    #[must_use]
    pub fn origin(&self) -> Option<String> {
        let scheme = if self.is_tls { "https" } else { "http" };
        Some(format!("{scheme}://{}", self.host_header()?))
    }

    /// The path as it was sent, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The query without its `?`.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }
}

/// A host and its port.
fn split_port(authority: &str) -> Result<(&str, Option<u16>), Refused> {
    let Some((host, port)) = authority.rsplit_once(':').filter(|(_, port)| !port.contains(']')) else {
        return Ok((authority, None));
    };
    if port.is_empty() {
        return Ok((host, None));
    }
    let port = port.parse().map_err(|_| Refused(format!("`{port}` is not a port")))?;
    Ok((host, Some(port)))
}

#[cfg(test)]
mod tests {
    use super::Request;

    #[test]
    fn a_url_is_taken_apart() {
        let request = Request::get("http://a.example:8080/secret/?x=1#top").expect("a URL");
        assert_eq!(request.host.as_deref(), Some("a.example"));
        assert_eq!(request.port, Some(8080));
        assert_eq!((request.path(), request.query()), ("/secret/", Some("x=1")));
        assert_eq!(request.host_header().as_deref(), Some("a.example:8080"));
        let request = Request::get("https://[::1]").expect("a URL");
        assert_eq!((request.target.as_str(), request.port), ("/", Some(443)));
        assert!(request.local_address().is_some_and(|address| address.is_loopback()));
        assert!(Request::get("a.example/secret").is_err());
        assert!(Request::get("http://u:p@h/").is_err());
    }
}
