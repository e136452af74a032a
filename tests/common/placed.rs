//! Configurations for `/etc/apache2` and `/var/www`, put below a directory where httpd can be started with them.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::common;
use crate::field;
use crate::httpd::MODULES;

/// Puts a configuration below a directory, with its paths and ports as they are here: its main file,
/// and all files with their texts. A lone `.htaccess` gets a server.
pub fn put(root: &Path, text: &str, ports: [u16; 2]) -> (PathBuf, Vec<(PathBuf, String)>) {
    let _ = fs::remove_dir_all(root);
    let mut files = field::parts(text);
    let etc = Path::new("/etc/apache2");
    if !files.iter().any(|(path, ..)| path.starts_with(etc)) {
        let directory = files[0].0.parent().expect("a directory").display();
        let site = format!(
            "<VirtualHost *:80>\nDocumentRoot {directory}\n<Directory {directory}>\nAllowOverride All\n\
             Require all granted\n</Directory>\n</VirtualHost>\n"
        );
        files.push((etc.join("apache2.conf"), 0, common::APACHE_MAIN.to_owned()));
        files.push((etc.join("sites-enabled/site.conf"), 0, site));
    }
    let is_whole = !files.iter().any(|(path, ..)| path.starts_with("/etc/apache2/sites-enabled"));
    let shown = root.display().to_string();
    let moved_too = directories(&files);
    let files: Vec<(PathBuf, String)> = files
        .into_iter()
        .map(|(path, _, mut text)| {
            if path.ends_with("apache2.conf") && !is_whole {
                text.push_str("Listen 80\nListen 443\nServerName main.example\nTypesConfig /dev/null\n");
            }
            if path.ends_with("apache2.conf") && !text.contains("mpm_") {
                text.insert_str(0, "LoadModule mpm_prefork_module modules/mod_mpm_prefork.so\n");
                text.insert_str(0, "ServerRoot /etc/apache2\n");
            }
            let path = moved(&path.display().to_string(), &shown, &moved_too);
            assert!(path.starts_with(&shown), "{path} is not of this test");
            (PathBuf::from(path), here(&text, &shown, &moved_too, ports))
        })
        .collect();
    for directory in ["etc/apache2/logs", "etc/httpd/logs", "var/www/html"] {
        fs::create_dir_all(root.join(directory)).expect("a directory");
    }
    for directory in ["etc/apache2", "etc/httpd"] {
        symlink(MODULES, root.join(directory).join("modules")).expect("a link");
    }
    for (path, text) in &files {
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(path, text).expect("a file");
    }
    (root.join("etc/apache2/apache2.conf"), files)
}

/// The directories that are put below the root: the usual ones, and those of the files that lie elsewhere.
fn directories<T, U>(files: &[(PathBuf, T, U)]) -> Vec<String> {
    let mut all = ["/var/www", "/etc/apache2", "/etc/httpd"].map(str::to_owned).to_vec();
    for (path, ..) in files {
        if let Some(parent) = path.parent().filter(|_| !all.iter().any(|known| path.starts_with(known))) {
            all.push(parent.display().to_string());
        }
    }
    all
}

/// The text with its paths below a directory.
fn moved(text: &str, root: &str, directories: &[String]) -> String {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    directories.iter().map(String::as_str).fold(text.to_owned(), |text, path| {
        let mut moved = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find(path) {
            let before = rest[..at].bytes().last().or(moved.bytes().last());
            let after = rest.as_bytes().get(at + path.len());
            let is_path = !before.is_some_and(|byte| is_of_name(byte) || byte == b'}')
                && !after.is_some_and(|byte| is_of_name(*byte));
            moved.push_str(&rest[..at]);
            moved.push_str(if is_path { root } else { "" });
            moved.push_str(path);
            rest = &rest[at + path.len()..];
        }
        moved + rest
    })
}

/// The text with its paths and ports as they are here. Nobody answers behind it, and in plain HTTP.
fn here(text: &str, root: &str, directories: &[String], ports: [u16; 2]) -> String {
    let port = |line: &str, from: &str, to: u16| match line.find(from) {
        Some(at) if !line[at + from.len()..].starts_with(|next: char| next.is_ascii_digit()) => {
            format!("{}{}{to}{}", &line[..at], &from[..1], &line[at + from.len()..])
        }
        _ => line.to_owned(),
    };
    let mut result = String::new();
    // The event MPM takes half a second to stop.
    for line in moved(text, root, directories).replace("mpm_event", "mpm_prefork").split_inclusive('\n') {
        let small = line.trim_start().to_ascii_lowercase();
        if small.starts_with("<virtualhost") {
            result.push_str(&port(&port(line, ":80", ports[0]), ":443", ports[1]));
        } else if small.starts_with("listen ") {
            result.push_str(&port(&port(line, " 80", ports[0]), " 443", ports[1]).replace(" https", ""));
        } else if small.starts_with("loadmodule cgid_module") {
            // It starts a process of its own, which may outlive httpd.
            result.push('\n');
        } else if small.starts_with("sslengine") || small.starts_with("sslcertificate") {
            result.push('\n');
        } else {
            let mut rest = line.replace("localhost:", "127.0.0.1:");
            while let Some(at) = rest.find("127.0.0.1:") {
                let after = rest[at + 10..].trim_start_matches(|next: char| next.is_ascii_digit());
                let _ = write!(result, "{}127.0.0.1:1", &rest[..at]);
                rest = after.to_owned();
            }
            result.push_str(&rest);
        }
    }
    result
}
