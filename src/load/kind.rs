//! What a file is: by its name, its place and what is written in it.

use std::path::Path;

use crate::source::Source;
use crate::syntax::Tree;

/// The server a file is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole nginx configuration, or any file with an `http` block.
    NginxMain,
    /// A part of one.
    NginxFragment,
    /// A whole configuration of Apache.
    ApacheMain,
    /// A part of one, such as the file of a virtual host.
    ApacheFragment,
    /// What Apache reads in a directory that it serves.
    Htaccess,
    /// Neither, as far as can be seen.
    Neither,
}

impl Kind {
    /// Whether it is written in Apache's language.
    #[must_use]
    pub fn is_apache(self) -> bool {
        matches!(self, Kind::ApacheMain | Kind::ApacheFragment | Kind::Htaccess)
    }
}

/// Directories whose files are parts of a configuration whatever their names.
const DIRECTORIES: &[&str] = &[
    "nginx",
    "apache2",
    "httpd",
    "conf-available",
    "conf-enabled",
    "sites-available",
    "sites-enabled",
    "snippets",
    "conf.d",
    "vhosts",
    "vhosts.d",
    "default.d",
    "modules-enabled",
];

/// Endings of templates, examples and the like; what is before them counts.
const OUTER_ENDINGS: &[&str] =
    &["template", "tmpl", "tpl", "j2", "jinja2", "erb", "in", "dist", "example", "sample", "default"];

/// Endings of files that are written in some other language, whatever directory they lie in.
const OTHER_ENDINGS: &[&str] = &[
    "md", "txt", "rs", "py", "rb", "js", "ts", "go", "sh", "php", "html", "css", "json", "yml", "yaml",
    "toml", "xml", "service", "socket", "timer", "pem", "crt", "key", "log", "gz", "so", "png", "lua", "pl",
    "lock", "dpkg-old", "bak",
];

/// Names that only nginx's configuration has at the top of a file.
const NGINX_NAMES: &[&str] = &[
    "absolute_redirect",
    "access_log",
    "add_header",
    "alias",
    "allow",
    "auth_basic",
    "auth_basic_user_file",
    "auth_request",
    "auth_request_set",
    "autoindex",
    "brotli",
    "charset",
    "charset_map",
    "client_body_buffer_size",
    "client_max_body_size",
    "default_type",
    "deny",
    "error_log",
    "error_page",
    "events",
    "expires",
    "fastcgi_index",
    "fastcgi_param",
    "fastcgi_pass",
    "fastcgi_split_path_info",
    "geo",
    "grpc_pass",
    "grpc_set_header",
    "gzip",
    "gzip_types",
    "http",
    "http2",
    "if",
    "index",
    "keepalive_timeout",
    "large_client_header_buffers",
    "limit_conn_zone",
    "limit_except",
    "limit_req",
    "limit_req_zone",
    "listen",
    "load_module",
    "location",
    "log_format",
    "log_not_found",
    "map",
    "pid",
    "proxy_buffering",
    "proxy_cache_path",
    "proxy_connect_timeout",
    "proxy_hide_header",
    "proxy_http_version",
    "proxy_pass",
    "proxy_pass_header",
    "proxy_read_timeout",
    "proxy_redirect",
    "proxy_set_header",
    "real_ip_header",
    "resolver",
    "return",
    "rewrite",
    "root",
    "satisfy",
    "scgi_param",
    "sendfile",
    "server",
    "server_name",
    "server_tokens",
    "set",
    "set_real_ip_from",
    "split_clients",
    "ssl_certificate",
    "ssl_certificate_key",
    "ssl_ciphers",
    "ssl_dhparam",
    "ssl_protocols",
    "ssl_session_cache",
    "stream",
    "try_files",
    "types",
    "upstream",
    "user",
    "uwsgi_param",
    "uwsgi_pass",
    "worker_connections",
    "worker_processes",
];

/// Blocks that only nginx has under these names.
const BLOCKS: &[&str] = &["server", "location", "upstream", "map", "geo", "events", "types", "stream"];

const APACHE_NAMES: &[&str] = &["httpd.conf", "apache2.conf", "apache.conf"];

/// Whether a file of this name is the main configuration of its server, as a rule.
#[must_use]
pub fn is_named_like_a_main(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name == "nginx.conf" || name == "httpd.conf" || name == "apache2.conf")
}

/// Whether a file of this name is Apache's, whatever is in it.
#[must_use]
pub fn is_named_like_apache(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    APACHE_NAMES.contains(&name) || is_htaccess(name)
}

/// `.htaccess`, and how it is called where it must not be hidden.
fn is_htaccess(name: &str) -> bool {
    const OTHERS: &[&str] = &["htaccess", "_htaccess", "dot.htaccess", "htaccess.txt", "ht.access"];
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let name = if OUTER_ENDINGS.contains(&ending) { stem } else { name };
    name == ".htaccess" || OTHERS.contains(&name)
}

/// Whether a file found in a directory may be a configuration, by its name and place alone.
#[must_use]
pub fn may_be_configuration(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    if is_named_like_apache(path) {
        return true;
    }
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let ending = if OUTER_ENDINGS.contains(&ending) {
        stem.rsplit_once('.').map_or("", |(_, inner)| inner)
    } else {
        ending
    };
    if matches!(ending, "conf" | "nginx" | "vhost") {
        return true;
    }
    let directory = path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or("");
    let hidden = name.starts_with('.') || name.ends_with('~');
    DIRECTORIES.contains(&directory) && !hidden && !OTHER_ENDINGS.contains(&ending)
}

/// What a file is. `tree` is what either grammar makes of it.
#[must_use]
pub fn of(path: &Path, source: &Source, tree: &Tree) -> Kind {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    if tree.is_apache() {
        return of_apache(name, source, tree);
    }
    let names: Vec<&[u8]> =
        tree.top().filter(|&id| !tree.is_insertion(id)).filter_map(|id| tree.raw(source, id, 0)).collect();
    let has = |wanted: &str| {
        tree.top().any(|id| tree.is_block(id) && tree.raw(source, id, 0) == Some(wanted.as_bytes()))
    };
    if has("http") || name == "nginx.conf" && (has("events") || !tree.slips.is_empty()) {
        return Kind::NginxMain;
    }
    let is_nginx = |name: &&[u8]| NGINX_NAMES.binary_search_by(|known| known.as_bytes().cmp(name)).is_ok();
    let names: Vec<&[u8]> = names.into_iter().filter(|name| *name != b"include").collect();
    let known = names.iter().filter(|name| is_nginx(name)).count();
    let has_block = BLOCKS.iter().any(|block| has(block));
    if known * 2 > names.len() || name == "nginx.conf" || (has_block && tree.slips.is_empty()) {
        return Kind::NginxFragment;
    }
    if looks_like_apache(source.text()) {
        return Kind::ApacheFragment;
    }
    if names.is_empty() && tree.slips.is_empty() || known > 0 && tree.slips.is_empty() {
        return Kind::NginxFragment;
    }
    Kind::Neither
}

/// What a file in Apache's language is.
fn of_apache(name: &str, source: &Source, tree: &Tree) -> Kind {
    if is_foreign_to_apache(source, tree) {
        return Kind::Neither;
    }
    if is_htaccess(name) {
        return Kind::Htaccess;
    }
    let is_called_main = is_named_like_a_main(Path::new(name));
    // What stands once in a whole configuration, and what a part of one may well have, too.
    let (mut sure, mut likely) = (false, 0);
    for id in tree.top() {
        let Some(name) = tree.raw(source, id, 0).and_then(|name| std::str::from_utf8(name).ok()) else {
            continue;
        };
        let is = |names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
        sure |= is(&["ServerRoot", "PidFile", "DefaultRuntimeDir"]);
        likely += usize::from(is(&["User", "Group", "Listen", "LoadModule", "Include", "IncludeOptional"]));
        likely += usize::from(is_called_main && is(&["ServerName", "DocumentRoot", "Directory"]));
    }
    if sure || likely > 0 && is_called_main || likely > 2 { Kind::ApacheMain } else { Kind::ApacheFragment }
}

/// Whether a text is none of Apache's: it has a line that can be no directive, and no line that looks like
/// one of Apache's.
#[must_use]
pub fn is_foreign_to_apache(source: &Source, tree: &Tree) -> bool {
    let is_name = |name: &[u8]| name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte));
    let has_other = tree.top().any(|id| {
        let is_marked = tree.is_insertion(id) || tree.is_template_word(id, 0);
        !is_marked && !tree.raw(source, id, 0).is_some_and(is_name)
    });
    (has_other || !tree.slips.is_empty()) && !looks_like_apache(source.text())
}

/// Whether a file that the user named, and of which nothing is known, has at least the form of an
/// nginx file: directives in small letters, each with its end.
#[must_use]
pub fn has_the_form_of_nginx(source: &Source, tree: &Tree) -> bool {
    tree.slips.is_empty()
        && tree.top().all(|id| {
            tree.is_insertion(id)
                || tree.is_template_word(id, 0)
                || tree.raw(source, id, 0).is_some_and(|name| {
                    name.iter()
                        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_')
                })
        })
}

/// Whether some line begins like a section or a directive of Apache.
fn looks_like_apache(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "<VirtualHost",
        "<Directory",
        "<Location",
        "<Files",
        "<IfModule",
        "<IfDefine",
        "<Limit",
        "<If ",
        "<Require",
        "<Proxy",
        "AuthType ",
        "AuthName ",
        "AuthUserFile ",
        "Require ",
        "RewriteEngine ",
        "RewriteRule ",
        "Order ",
        "Deny from",
        "Allow from",
        "Options ",
        "ServerName ",
        "DocumentRoot ",
        "LoadModule ",
        "ServerRoot ",
        "PidFile ",
        "Include ",
        "IncludeOptional ",
        "ErrorDocument ",
        "DirectoryIndex ",
        "ProxyPass ",
        "AddType ",
        "SetEnv",
        "Alias ",
        "ScriptAlias ",
        "AliasMatch ",
        "Redirect",
        "SetHandler ",
        "AddHandler ",
        "AddDefaultCharset ",
        "Header ",
        "RequestHeader ",
        "AccessFileName ",
        "AllowOverride ",
        "AuthUserFile ",
        "Satisfy ",
        "Define ",
        "Use ",
        "CustomLog ",
        "php_value ",
        "php_flag ",
        "WSGI",
        "Expires",
        "FileETag ",
        "SSLEngine ",
    ];
    let lines = text.lines().take(2000).map(str::trim);
    // A line that ends like one of nginx's is one.
    lines.filter(|line| !line.ends_with([';', '{', '}'])).any(|line| {
        WORDS.iter().any(|word| line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(path: &str, text: &str) -> Kind {
        let source = Source::new(path.into(), text.into());
        of(Path::new(path), &source, &crate::syntax::parse_nginx(&source))
    }

    #[test]
    fn names_are_sorted_for_the_search() {
        assert!(NGINX_NAMES.is_sorted());
    }

    #[test]
    fn by_name_place_and_content() {
        assert_eq!(kind("x", "http {}"), Kind::NginxMain);
        assert_eq!(kind("nginx.conf", "http {"), Kind::NginxMain);
        assert_eq!(kind("x", "# nothing\n"), Kind::NginxFragment);
        assert_eq!(kind("x", "server { listen 80; }"), Kind::NginxFragment);
        assert_eq!(kind("x", "auth_basic R"), Kind::NginxFragment);
        assert_eq!(kind("x", "include y; server { }"), Kind::NginxFragment);
        assert_eq!(kind("x", "include a;\ninclude b;\n"), Kind::NginxFragment);
        assert_eq!(kind("x", "satisfy any;\nproxy_foo x;\nproxy_bar y;\n"), Kind::NginxFragment);
        assert_eq!(kind("x", "<VirtualHost *:80>\n</VirtualHost>"), Kind::ApacheFragment);
        for (name, text, expected) in [
            (".htaccess", "", Kind::Htaccess),
            ("htaccess.dist", "Require all denied\n", Kind::Htaccess),
            ("httpd.conf", "ServerRoot /etc/httpd\n", Kind::ApacheMain),
            ("httpd.conf", "<VirtualHost *>\n</VirtualHost>\n", Kind::ApacheFragment),
            ("apache2.conf", "User www-data\n", Kind::ApacheMain),
            ("site.conf", "Listen 81\n<VirtualHost *:81>\n</VirtualHost>\n", Kind::ApacheFragment),
        ] {
            let source = Source::new(name.into(), text.into());
            let tree = crate::syntax::parse_apache(&source);
            assert_eq!(of(Path::new(name), &source, &tree), expected, "{name}: {text}");
        }
        assert_eq!(kind("x.conf", "[unit]\nname = value\n"), Kind::Neither);
        assert_eq!(kind("x.conf", "\u{0}\u{1}\u{2}"), Kind::Neither);
    }

    #[test]
    fn candidates_in_a_directory() {
        for path in
            ["a.conf", "a.conf.j2", "nginx/fastcgi_params", "sites-enabled/www.example.org", ".htaccess"]
        {
            assert!(may_be_configuration(Path::new(path)), "{path}");
        }
        for path in ["a.md", "nginx/README.md", "sites-enabled/.swp", "src/main.rs", "conf.d/a.conf~", "a"] {
            assert!(!may_be_configuration(Path::new(path)), "{path}");
        }
    }
}
