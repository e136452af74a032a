//! The words that httpd 2.4 and its modules know, and words that look like them (spec a13, a23, a77).

/// What `AuthType` may say without a module of another maker.
pub const AUTH_TYPES: &[&str] = &["Basic", "Digest", "Form", "None"];

/// Providers of `AuthBasicProvider` and `AuthFormProvider`.
pub const AUTHN_PROVIDERS: &[&str] = &["file", "dbm", "dbd", "ldap", "anon", "socache"];

/// Providers of `AuthDigestProvider`; the others cannot do it.
pub const DIGEST_PROVIDERS: &[&str] = &["file", "dbm", "dbd", "socache"];

/// Providers of `Require`.
pub const AUTHZ_PROVIDERS: &[&str] = &[
    "all",
    "env",
    "method",
    "expr",
    "ip",
    "host",
    "forward-dns",
    "local",
    "valid-user",
    "user",
    "group",
    "file-owner",
    "file-group",
    "dbm-group",
    "dbm-file-group",
    "dbd-group",
    "dbd-login",
    "dbd-logout",
    "ldap-user",
    "ldap-group",
    "ldap-dn",
    "ldap-attribute",
    "ldap-filter",
    "ldap-search",
    "ssl",
    "ssl-verify-client",
];

/// A word of `AuthType` that belongs to a module of another maker.
#[derive(Debug)]
pub struct Foreign {
    /// The word, in small letters.
    pub word: &'static str,
    /// How the names of the module's directives begin, and its words in `Require`, in small letters.
    pub beginnings: &'static [&'static str],
    /// What stands in the module's name.
    pub modules: &'static [&'static str],
}

/// The best known ones.
pub const FOREIGN: &[Foreign] = &[
    Foreign { word: "cas", beginnings: &["cas", "authcas"], modules: &["cas"] },
    Foreign { word: "openid-connect", beginnings: &["oidc", "claim"], modules: &["openidc"] },
    Foreign { word: "auth-openidc", beginnings: &["oidc", "claim"], modules: &["openidc"] },
    Foreign { word: "oauth20", beginnings: &["oidc", "claim"], modules: &["openidc"] },
    Foreign { word: "oauth2", beginnings: &["oauth2"], modules: &["oauth2"] },
    Foreign { word: "shibboleth", beginnings: &["shib"], modules: &["shib"] },
    Foreign { word: "mellon", beginnings: &["mellon"], modules: &["mellon"] },
    Foreign { word: "gssapi", beginnings: &["gss"], modules: &["gss"] },
    Foreign { word: "kerberos", beginnings: &["krb", "gss"], modules: &["kerb", "krb", "gss"] },
    Foreign { word: "kerberosv5", beginnings: &["krb"], modules: &["kerb", "krb"] },
    Foreign {
        word: "negotiate",
        beginnings: &["krb", "gss", "spnego"],
        modules: &["kerb", "krb", "gss", "spnego"],
    },
    Foreign { word: "ntlm", beginnings: &["ntlm"], modules: &["ntlm"] },
    Foreign { word: "sspi", beginnings: &["sspi"], modules: &["sspi"] },
    Foreign { word: "cosign", beginnings: &["cosign"], modules: &["cosign"] },
    Foreign { word: "webauth", beginnings: &["webauth"], modules: &["webauth"] },
    Foreign { word: "jwt", beginnings: &["authjwt", "jwt"], modules: &["jwt"] },
];

/// Words that name a place where passwords lie, where `AuthType` asks how they are sent.
pub const STORES: &[&str] = &[
    "ldap", "ldaps", "file", "dbm", "dbd", "sql", "mysql", "pam", "radius", "htpasswd", "htdigest", "passwd",
    "password", "users",
];

/// The modules of httpd 2.4, without what comes before and behind in their names. `mod_lua` is none of
/// them: what it knows is in a script.
const MODULES: &[&str] = &[
    "access_compat",
    "actions",
    "alias",
    "allowmethods",
    "asis",
    "auth_basic",
    "auth_digest",
    "auth_form",
    "authn_anon",
    "authn_core",
    "authn_dbd",
    "authn_dbm",
    "authn_file",
    "authn_socache",
    "authnz_fcgi",
    "authnz_ldap",
    "authz_core",
    "authz_dbd",
    "authz_dbm",
    "authz_groupfile",
    "authz_host",
    "authz_owner",
    "authz_user",
    "autoindex",
    "brotli",
    "buffer",
    "cache",
    "cache_disk",
    "cache_socache",
    "cern_meta",
    "cgi",
    "cgid",
    "charset_lite",
    "core",
    "data",
    "dav",
    "dav_fs",
    "dav_lock",
    "dbd",
    "deflate",
    "dir",
    "dumpio",
    "env",
    "expires",
    "ext_filter",
    "file_cache",
    "filter",
    "headers",
    "heartbeat",
    "heartmonitor",
    "http",
    "http2",
    "ident",
    "imagemap",
    "include",
    "info",
    "lbmethod_bybusyness",
    "lbmethod_byrequests",
    "lbmethod_bytraffic",
    "lbmethod_heartbeat",
    "ldap",
    "log_config",
    "log_debug",
    "log_forensic",
    "logio",
    "macro",
    "md",
    "mime",
    "mime_magic",
    "mpm_event",
    "mpm_prefork",
    "mpm_worker",
    "negotiation",
    "proxy",
    "proxy_ajp",
    "proxy_balancer",
    "proxy_connect",
    "proxy_express",
    "proxy_fcgi",
    "proxy_fdpass",
    "proxy_ftp",
    "proxy_hcheck",
    "proxy_html",
    "proxy_http",
    "proxy_http2",
    "proxy_scgi",
    "proxy_uwsgi",
    "proxy_wstunnel",
    "ratelimit",
    "reflector",
    "remoteip",
    "reqtimeout",
    "request",
    "rewrite",
    "sed",
    "session",
    "session_cookie",
    "session_crypto",
    "session_dbd",
    "setenvif",
    "slotmem_plain",
    "slotmem_shm",
    "so",
    "socache_dbm",
    "socache_dc",
    "socache_memcache",
    "socache_redis",
    "socache_shmcb",
    "speling",
    "ssl",
    "status",
    "substitute",
    "suexec",
    "systemd",
    "unique_id",
    "unixd",
    "userdir",
    "usertrack",
    "version",
    "vhost_alias",
    "watchdog",
    "xml2enc",
];

/// Modules of other makers that have no part in who may come in.
const HARMLESS: &[&str] = &["evasive", "fcgid", "passenger", "security2", "xsendfile", "dnssd", "qos", "bw"];

/// Modules that ended with 2.0 and with 2.2.
const OLD: &[&str] = &[
    "access",
    "auth",
    "auth_anon",
    "auth_dbm",
    "auth_ldap",
    "authn_alias",
    "authn_default",
    "authz_default",
];

/// Modules that began with 2.4.
const NEW: &[&str] = &["authz_core", "authn_core", "access_compat"];

/// The two names by which `<IfModule>` knows a module: that of its source file and its identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleNames {
    /// `mod_auth_basic.c`.
    pub source: String,
    /// `auth_basic_module`.
    pub identifier: String,
}

/// The names of the module of httpd that a name is one for, or seems to be meant for.
#[must_use]
pub fn module_meant(name: &str) -> Option<ModuleNames> {
    let stem = stem(name);
    MODULES.contains(&stem.as_str()).then(|| {
        let source = match stem.as_str() {
            "core" => "core.c".to_owned(),
            "http" => "http_core.c".to_owned(),
            "ldap" => "util_ldap.c".to_owned(),
            other => {
                format!("{}.c", other.strip_prefix("mpm_").map_or(format!("mod_{other}"), str::to_owned))
            }
        };
        ModuleNames { source, identifier: format!("{stem}_module") }
    })
}

/// Whether a name is one of the two of a module that began with 2.4.
#[must_use]
pub fn is_new_module(name: &str) -> bool {
    is_name_of(name, NEW)
}

/// Whether a name is one of the two of a module that 2.4 has no more.
#[must_use]
pub fn is_old_module(name: &str) -> bool {
    is_name_of(name, OLD)
}

/// Whether a module, by one of its names, is certainly not one that asks for users in its own way.
#[must_use]
pub fn is_no_asking_module(name: &str) -> bool {
    let stem = stem(name);
    let is_known = |list: &[&str]| list.contains(&stem.as_str());
    // The name of a source file is made up of that of the module's, and of no use where they differ.
    is_known(MODULES) || is_known(HARMLESS) || stem.starts_with("php") || !name.ends_with("_module")
}

fn is_name_of(name: &str, stems: &[&str]) -> bool {
    let source = name.strip_prefix("mod_").and_then(|rest| rest.strip_suffix(".c"));
    source.or_else(|| name.strip_suffix("_module")).is_some_and(|stem| stems.contains(&stem))
}

/// What is left of a module's name: `auth_basic` of `mod_auth_basic.so`.
fn stem(name: &str) -> String {
    let small = name.to_ascii_lowercase().replace('-', "_");
    let stem = [".c", ".so", ".cpp", "_module"]
        .iter()
        .fold(small.as_str(), |stem, end| stem.strip_suffix(end).unwrap_or(stem));
    stem.strip_prefix("mod_").unwrap_or(stem).to_owned()
}

/// The known word that another is plainly a slip for: the same but for the case, or one letter off.
#[must_use]
pub fn meant(word: &str, known: &[&'static str]) -> Option<&'static str> {
    let small = word.to_ascii_lowercase();
    let same = known.iter().find(|known| known.eq_ignore_ascii_case(&small));
    same.or_else(|| {
        known.iter().find(|known| known.len() >= 4 && is_one_off(&small, &known.to_ascii_lowercase()))
    })
    .copied()
}

/// Whether one letter is missing, too much or another one, or up to three are mixed up. Digits are no
/// slips: `file2` may be a name of its own.
#[must_use]
pub fn is_one_off(one: &str, other: &str) -> bool {
    let (a, b) = (one.as_bytes(), other.as_bytes());
    let start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[start..], &b[start..]);
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
    let sorted = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        bytes.sort_unstable();
        bytes
    };
    let is_mixed_up = a.len() <= 3 && sorted(a) == sorted(b);
    let has_digit = a.iter().chain(b).any(u8::is_ascii_digit);
    one != other && !has_digit && (is_mixed_up || a.len() <= 1 && b.len() <= 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips() {
        for (word, known) in [
            ("Basics", AUTH_TYPES),
            ("Bacis", AUTH_TYPES),
            ("diges", AUTH_TYPES),
            ("FILE", AUTHN_PROVIDERS),
            ("ALL", AUTHZ_PROVIDERS),
            ("users", AUTHZ_PROVIDERS),
            ("valid_user", AUTHZ_PROVIDERS),
            ("gruop", AUTHZ_PROVIDERS),
        ] {
            assert!(meant(word, known).is_some(), "{word}");
        }
        for (word, known) in [
            ("CAS", AUTH_TYPES),
            ("file2", AUTHN_PROVIDERS),
            ("fcgi", AUTHN_PROVIDERS),
            ("pam", AUTHN_PROVIDERS),
            ("claim", AUTHZ_PROVIDERS),
            ("unix-group", AUTHZ_PROVIDERS),
        ] {
            assert_eq!(meant(word, known), None, "{word}");
        }
    }

    #[test]
    fn names_of_modules() {
        let source = |name| module_meant(name).map(|names| names.source);
        for name in
            ["mod_auth_basic", "auth_basic", "MOD_AUTH_BASIC.C", "mod_auth_basic.so", "auth_basic_module"]
        {
            assert_eq!(source(name).as_deref(), Some("mod_auth_basic.c"), "{name}");
        }
        assert_eq!(source("mod_mpm_event.c").as_deref(), Some("event.c"));
        assert_eq!(source("mod_ldap.c").as_deref(), Some("util_ldap.c"));
        assert_eq!(source("mod_shib"), None);
        assert!(is_old_module("mod_access.c") && !is_old_module("mod_access_compat.c"));
        assert!(is_new_module("authz_core_module") && !is_new_module("mod_authz_core"));
    }
}
