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
    /// Apache's language.
    Apache,
    /// Neither, as far as can be seen.
    Neither,
}

/// Directories whose files are parts of an nginx configuration whatever their names.
const NGINX_DIRECTORIES: &[&str] = &[
    "nginx",
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

const APACHE_NAMES: &[&str] = &[".htaccess", "httpd.conf", "apache2.conf", "apache.conf", ".htpasswd.conf"];

/// Whether a file found in a directory may be a configuration, by its name and place alone.
#[must_use]
pub fn may_be_configuration(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    if APACHE_NAMES.contains(&name) {
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
    NGINX_DIRECTORIES.contains(&directory) && !hidden && !OTHER_ENDINGS.contains(&ending)
}

/// What a file is. `tree` is what nginx's grammar makes of it.
#[must_use]
pub fn of(path: &Path, source: &Source, tree: &Tree) -> Kind {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    if APACHE_NAMES.contains(&name) {
        return Kind::Apache;
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
        return Kind::Apache;
    }
    if names.is_empty() && tree.slips.is_empty() || known > 0 && tree.slips.is_empty() {
        return Kind::NginxFragment;
    }
    Kind::Neither
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
        "IncludeOptional ",
        "ErrorDocument ",
        "DirectoryIndex ",
        "ProxyPass ",
        "AddType ",
        "SetEnv",
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
        assert_eq!(kind("x", "<VirtualHost *:80>\n</VirtualHost>"), Kind::Apache);
        assert_eq!(kind(".htaccess", ""), Kind::Apache);
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
