//! Small configurations of nginx by chance, in which much is alike.

use crate::generate::HEADER;
use crate::nodes::{Node, Random, block, line, text};

const NAMES: &[&str] = &[
    "/",
    "/",
    "/admin/",
    "/admin",
    "/a/",
    "/a/b/",
    "= /a/x",
    "= /admin/",
    "^~ /secret/",
    "/secret/",
    "/api/",
    "~ \\.php$",
    "~* \\.(css|js)$",
    "~ ^/a/.*\\.php$",
    "~ ^/(?!a|admin)",
    "~ /x$",
    "~ ^/secret/[^/]+$",
    "~ ^/[a-z]+/$",
    "~ ^/x.*$",
    "/static/",
    "~ (?i)ADMIN",
    "~ ^/(a)\\1",
    "~ (?<!a)b",
    "/A/",
    "~ ^/api/v[0-9]{1,2}/",
    "= /",
    "/sec",
    "~ b.*b",
    "~ \\.(?!php)[a-z]+$",
];

const BODY: &[&str] = &[
    "auth_basic R; auth_basic_user_file users",
    "auth_basic R; auth_basic_user_file users",
    "auth_basic R; auth_basic_user_file users",
    "auth_basic off",
    "deny all",
    "allow 127.0.0.1; deny all",
    "satisfy any; deny all; auth_basic R; auth_basic_user_file users",
    "return 403",
    "return 301 /elsewhere",
    "return 200 RETURN",
    "proxy_pass http://127.0.0.1:ECHO",
    "proxy_pass http://127.0.0.1:ECHO",
    "proxy_pass http://127.0.0.1:ECHO/",
    "try_files $uri $uri/ =404",
    "try_files $uri /index.html",
    "index x.php",
    "rewrite ^/a/(.*)$ /secret/$1 last",
    "rewrite ^/admin/x /a/x last",
    "rewrite \\.php$ /index.html last",
    "internal",
    "error_page 401 = /login",
    "error_page 403 404 /index.html",
    "root TREE/html",
];

const INNER: &[&str] = &[
    "limit_except GET { deny all; }",
    "limit_except GET POST { auth_basic R; auth_basic_user_file users; }",
    "limit_except OPTIONS { auth_basic R; auth_basic_user_file users; }",
    "if ($uri ~ x) { return 403; }",
    "if ($uri ~* \\.PHP$) { return 302 /gone; }",
    "if ($request_method = DELETE) { return 405; }",
    "if ($uri = /a/x) { return 403; }",
    "if ($request_uri ~ admin) { return 403; }",
    "if (-f $request_filename) { return 403; }",
    "if ($arg_x) { return 403; }",
    "if ($area) { return 403; }",
];

/// One of them.
pub fn configuration(random: &mut Random) -> String {
    let mut inner = vec![line("listen 127.0.0.1:PORT"), line("server_name one.example")];
    if random.percent(60) {
        inner.push(line("root TREE/html"));
    }
    if random.percent(40) {
        inner.push(line(BODY[random.below(6)]));
    }
    if random.percent(8) {
        inner.push(line("merge_slashes off"));
    }
    if random.percent(20) {
        inner.extend(raw(random));
    }
    for _ in 0..=random.below(6) {
        inner.push(location(random, "", 0));
    }
    let map = "map $uri $area { default ''; ~^/secret 1; /a/b 1; ~*\\.CSS$ 1; }";
    let http = format!("http {{\n{map}\naccess_log off;\n{}}}\n", text(&[block("server", inner)]));
    format!("{HEADER}{http}")
}

fn raw(random: &mut Random) -> Option<Node> {
    let text = *random.pick(INNER);
    let (opening, rest) = text.split_once(" {")?;
    if opening.starts_with("limit_except") {
        return None;
    }
    Some(block(opening, vec![line(rest.trim_end_matches(['}', ' ', ';']).trim())]))
}

fn location(random: &mut Random, around: &str, depth: usize) -> Node {
    let mut name = (*random.pick(NAMES)).to_owned();
    if depth > 0 && !name.starts_with('~') {
        let rest = name.trim_start_matches(['=', '^', '~', ' ', '/']).to_owned();
        name = format!("{}/{rest}", around.trim_end_matches('/'));
    }
    let mut inner = Vec::new();
    for _ in 0..=random.below(2) {
        inner.push(line(*random.pick(BODY)));
    }
    if random.percent(30) {
        let text = *random.pick(INNER);
        if let Some((opening, rest)) = text.split_once(" {") {
            inner.push(block(opening, vec![line(rest.trim_end_matches(['}', ' ', ';']).trim())]));
        }
    }
    let is_prefix = !name.starts_with(['=', '~']);
    if depth < 2 && random.percent(30) && (is_prefix || name.starts_with("~ ")) {
        let path = name.trim_start_matches("^~ ").to_owned();
        let around = if is_prefix { path.as_str() } else { "/a/" };
        inner.push(location(random, around, depth + 1));
    }
    block(format!("location {name}"), inner)
}
