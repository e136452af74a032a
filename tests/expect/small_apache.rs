//! Small configurations of httpd by chance.

use std::fmt::Write;

use crate::nodes::Random;

const MODULES: &[&str] = &[
    "mpm_event",
    "authn_core",
    "authn_file",
    "authz_core",
    "authz_user",
    "authz_host",
    "auth_basic",
    "access_compat",
    "alias",
    "dir",
    "mime",
    "rewrite",
    "setenvif",
    "proxy",
    "proxy_http",
    "env",
];

const AUTH: &str = "AuthType Basic\nAuthName R\nAuthUserFile TREE/users\n";

const RULES: &[&str] = &[
    "Require valid-user",
    "Require valid-user",
    "Require valid-user",
    "Require all granted",
    "Require all granted",
    "Require all denied",
    "Require user bob",
    "Require ip 127.0.0.1",
    "Require ip 10.0.0.0/8",
    "<LimitExcept GET>\nRequire valid-user\n</LimitExcept>",
    "<RequireAny>\nRequire expr %{REQUEST_URI} =~ m#^/a/#\nRequire valid-user\n</RequireAny>",
    "<If \"%{REQUEST_URI} =~ m#x#\">\nRequire all denied\n</If>",
    "<Files \"x.html\">\nRequire all denied\n</Files>",
    "<FilesMatch \"\\.php$\">\nRequire all denied\n</FilesMatch>",
];

const PLACES: &[&str] = &[
    "Directory TREE/html",
    "Directory TREE/html/a",
    "Directory TREE/html/secret",
    "Directory TREE/html/a/b",
    "Directory TREE/html/*/b",
    "Directory TREE/alt",
    "DirectoryMatch \"/secret\"",
    "DirectoryMatch \"^TREE/html/[a-s]+/x\"",
    "DirectoryMatch \"x\\.html$\"",
    "Location /",
    "Location /a",
    "Location /a/",
    "Location /secret",
    "Location /secret/b",
    "Location /app",
    "Location /app/admin",
    "Location \"/*/x\"",
    "LocationMatch \"\\.php$\"",
    "LocationMatch \"^/(a|secret)(/|$)\"",
    "LocationMatch \"(?i)ADMIN\"",
    "LocationMatch \"^/(?!a|app)\"",
    "Files \"x.html\"",
    "Files \"*.css\"",
    "FilesMatch \"^\\.ht\"",
    "FilesMatch \"\\.(php|css)$\"",
    "Proxy \"*\"",
];

const LINES: &[&str] = &[
    "ProxyPass /app http://127.0.0.1:ECHO",
    "ProxyPass /app/ http://127.0.0.1:ECHO/",
    "ProxyPass /app http://127.0.0.1:ECHO",
    "Alias /files TREE/alt",
    "Alias /a/files TREE/html/secret",
    "Redirect 302 /old http://e.example/",
    "RedirectMatch 302 \"^/gone.*x$\" http://e.example/",
    "RewriteEngine on\nRewriteRule \"^/forbidden\" - [F]",
    "RewriteEngine on\nRewriteRule \"^/r/(.*)$\" /a/$1 [PT]",
    "RewriteEngine on\nRewriteCond %{REQUEST_URI} !^/a\nRewriteRule \"\\.css$\" - [F]",
    "MergeSlashes Off",
];

fn section(random: &mut Random) -> String {
    let place = *random.pick(PLACES);
    let mut rule = *random.pick(RULES);
    let name = place.split(' ').next().unwrap_or_default();
    while rule.starts_with("<Files") && !name.starts_with("Directory") {
        rule = RULES[random.below(RULES.len())];
    }
    let auth = if random.percent(80) || !rule.contains("all") { AUTH } else { "" };
    format!("<{place}>\n{auth}{rule}\n</{name}>\n")
}

/// One of them.
pub fn configuration(random: &mut Random) -> String {
    let mut text = "ServerRoot TREE\nServerName one.example\nListen 127.0.0.1:PORT\n".to_owned();
    for name in MODULES {
        let _ = writeln!(text, "LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so");
    }
    text += "TypesConfig /dev/null\nTraceEnable off\nDocumentRoot TREE/html\n";
    let overrides = if random.percent(50) { "None" } else { "All" };
    let granted = if random.percent(80) { "granted" } else { "denied" };
    let _ = writeln!(text, "<Directory />\nAllowOverride {overrides}\nRequire all {granted}\n</Directory>");
    for _ in 0..random.below(3) {
        let _ = writeln!(text, "{}", random.pick(LINES));
    }
    for _ in 0..=random.below(4) {
        text += &section(random);
    }
    text
}

/// The text of a `.htaccess`, for some directories.
pub fn htaccess(random: &mut Random) -> Vec<(&'static str, String)> {
    let mut files = Vec::new();
    for directory in ["html/a", "html/secret", "html/a/b", "alt"] {
        if random.percent(20) {
            let rule = *random.pick(RULES);
            files.push((directory, format!("{AUTH}{rule}\n")));
        }
    }
    files
}
