//! What httpd knows while it reads: variables, modules, the names given with `-D`.

use std::collections::HashMap;

/// Whether something holds, as far as can be known from the files at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// Certainly.
    Yes,
    /// Certainly not.
    No,
    /// It depends on what is not at hand.
    Maybe,
}

impl Truth {
    /// Of what is known.
    pub fn of(known: bool) -> Self {
        if known { Truth::Yes } else { Truth::No }
    }

    /// The contrary.
    pub fn not(self) -> Self {
        match self {
            Truth::Yes => Truth::No,
            Truth::No => Truth::Yes,
            Truth::Maybe => Truth::Maybe,
        }
    }
}

/// A `Define` that was read.
#[derive(Clone, Debug)]
struct Defined {
    name: Vec<u8>,
    value: Option<Vec<u8>>,
    /// Whether it was read in a part that may not be there.
    is_certain: bool,
}

/// The state that the reading of one line leaves for the next.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// By the name in small letters: values are looked up without regard to case (spec a26).
    defined: HashMap<Vec<u8>, Defined>,
    /// The process environment, as `envvars` sets it; names are exact.
    variables: HashMap<Vec<u8>, Vec<u8>>,
    /// By identifier and by the name of the source file; whether it is certain.
    modules: HashMap<Vec<u8>, bool>,
    /// Whether this begins with a main configuration.
    pub is_main: bool,
    /// Whether a part of the configuration was not to be found.
    pub lacks_parts: bool,
    /// Whether any `LoadModule` was read.
    loads_modules: bool,
}

/// Modules that every httpd is built with.
const BUILT_IN: &[&[u8]] =
    &[b"core.c", b"core_module", b"http_core.c", b"http_module", b"mod_so.c", b"so_module"];

/// Modules that some distributions build in and others load.
const MAYBE_BUILT_IN: &[&[u8]] = &[
    b"mod_watchdog.c",
    b"watchdog_module",
    b"mod_log_config.c",
    b"log_config_module",
    b"mod_logio.c",
    b"logio_module",
    b"mod_version.c",
    b"version_module",
    b"mod_unixd.c",
    b"unixd_module",
];

impl Environment {
    /// `Define NAME [VALUE]` (spec a25).
    pub fn define(&mut self, name: &[u8], value: Option<Vec<u8>>, is_certain: bool) {
        let defined = Defined { name: name.to_vec(), value, is_certain };
        self.defined.insert(name.to_ascii_lowercase(), defined);
    }

    /// `UnDefine NAME`.
    pub fn undefine(&mut self, name: &[u8], is_certain: bool) {
        let key = name.to_ascii_lowercase();
        if is_certain {
            self.defined.remove(&key);
        } else if let Some(defined) = self.defined.get_mut(&key) {
            defined.is_certain = false;
        }
    }

    /// The value of `${NAME}`: of a `Define`, or else of the environment (spec a26). None where there
    /// is none, or where it is not certain.
    pub fn value(&self, name: &[u8]) -> Option<&[u8]> {
        if let Some(defined) = self.defined.get(&name.to_ascii_lowercase()) {
            return if defined.is_certain {
                Some(defined.value.as_deref().unwrap_or_default())
            } else {
                None
            };
        }
        self.variables.get(name).map(Vec::as_slice)
    }

    /// `<IfDefine NAME>`: here the case counts (spec a24).
    pub fn is_defined(&self, name: &[u8]) -> Truth {
        match self.defined.get(&name.to_ascii_lowercase()) {
            Some(defined) if defined.name == name && defined.is_certain => Truth::Yes,
            Some(_) => Truth::Maybe,
            None if self.is_main && !self.lacks_parts => Truth::No,
            None => Truth::Maybe,
        }
    }

    /// `LoadModule IDENTIFIER FILE`: from here on the module counts as there (spec a23).
    pub fn load_module(&mut self, identifier: &[u8], file: &[u8], is_certain: bool) {
        self.loads_modules = true;
        for name in [identifier.to_vec(), source_name(identifier, file)] {
            *self.modules.entry(name).or_default() |= is_certain;
        }
    }

    /// `<IfModule NAME>`: the name of a source file or an identifier, exactly (spec a23).
    pub fn has_module(&self, name: &[u8]) -> Truth {
        if !is_module_name(name) {
            return Truth::No;
        }
        match self.modules.get(name) {
            Some(true) => return Truth::Yes,
            Some(false) => return Truth::Maybe,
            None => {}
        }
        if BUILT_IN.contains(&name) {
            return Truth::Yes;
        }
        let is_all_known = self.is_main && self.loads_modules && !self.lacks_parts;
        if is_all_known && !MAYBE_BUILT_IN.contains(&name) { Truth::No } else { Truth::Maybe }
    }

    /// The identifiers and source names of the modules that are certainly there.
    pub fn modules(&self) -> impl Iterator<Item = &[u8]> {
        self.modules.iter().filter(|(_, is_certain)| **is_certain).map(|(name, _)| name.as_slice())
    }

    /// Whether the modules that are not among [`Environment::modules`] are certainly not there.
    pub fn knows_all_modules(&self) -> bool {
        self.is_main && self.loads_modules && !self.lacks_parts
    }

    /// Takes in the assignments of Debian's `envvars`, a shell script of plain assignments.
    pub fn read_envvars(&mut self, text: &str) {
        let mut shell: HashMap<String, String> = HashMap::new();
        for line in text.lines().map(str::trim) {
            let line = line.strip_prefix("export ").unwrap_or(line);
            let Some((name, value)) = line.split_once('=') else { continue };
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            if name.is_empty() || !name.bytes().all(is_name) {
                continue;
            }
            let value = value.split_whitespace().next().unwrap_or_default();
            let value = value.trim_matches(['"', '\'']);
            if let Some(value) = substitute(value, &shell) {
                shell.insert(name.to_owned(), value);
            }
        }
        self.variables.extend(shell.into_iter().map(|(name, value)| (name.into_bytes(), value.into_bytes())));
    }
}

/// Whether a name has one of the two forms that `<IfModule>` knows; all others are false without a
/// word (spec a23).
#[must_use]
pub fn is_module_name(name: &[u8]) -> bool {
    name.ends_with(b".c") || name.ends_with(b".cpp") || name.ends_with(b"_module")
}

/// The name of a module's source file, which is not in the configuration: made of the file that is
/// loaded, as all of httpd's own and most others are named.
fn source_name(identifier: &[u8], file: &[u8]) -> Vec<u8> {
    let base = file.rsplit(|&byte| byte == b'/').next().unwrap_or(file);
    let stem = base.strip_suffix(b".so").unwrap_or(base);
    let stem = match (stem.strip_prefix(b"mod_mpm_"), identifier.strip_suffix(b"_module")) {
        (Some(mpm), _) => mpm.to_vec(),
        (None, Some(name)) if stem.starts_with(b"libphp") => [b"mod_", name].concat(),
        _ => stem.to_vec(),
    };
    [&stem, b".c".as_slice()].concat()
}

/// Resolves `$NAME` and `${NAME}` of a shell; none where more than that would have to be understood.
fn substitute(value: &str, shell: &HashMap<String, String>) -> Option<String> {
    let mut parts = value.split('$');
    let mut result = parts.next()?.to_owned();
    for part in parts {
        let (name, rest) = match part.strip_prefix('{') {
            Some(inner) => inner.split_once('}')?,
            None => {
                let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(part.len());
                part.split_at(end)
            }
        };
        result.push_str(shell.get(name)?);
        result.push_str(rest);
    }
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debians_envvars() {
        let mut environment = Environment::default();
        environment.read_envvars(
            "unset HOME\nif [ \"${A##b}\" != x ] ; then\n\tSUFFIX=\"-${A##b}\"\nelse\n\tSUFFIX=\nfi\n\
             export APACHE_RUN_USER=www-data # who\n#export B=1\nexport D=/var/run/apache2$SUFFIX/x\nexport LANG\n",
        );
        assert_eq!(environment.value(b"APACHE_RUN_USER"), Some(b"www-data".as_slice()));
        assert_eq!(environment.value(b"D"), Some(b"/var/run/apache2/x".as_slice()));
        assert_eq!(environment.value(b"B"), None);
        assert_eq!(environment.value(b"apache_run_user"), None, "names of the environment are exact");
    }

    #[test]
    fn modules_by_both_names() {
        let mut environment = Environment { is_main: true, ..Environment::default() };
        assert_eq!(environment.has_module(b"mod_auth_basic.c"), Truth::Maybe, "all may be built in");
        environment.load_module(b"auth_basic_module", b"modules/mod_auth_basic.so", true);
        environment.load_module(b"mpm_event_module", b"modules/mod_mpm_event.so", true);
        environment.load_module(b"php_module", b"modules/libphp8.2.so", true);
        for name in ["mod_auth_basic.c", "auth_basic_module", "event.c", "mod_php.c", "core.c"] {
            assert_eq!(environment.has_module(name.as_bytes()), Truth::Yes, "{name}");
        }
        for name in ["mod_auth_basic", "mod_auth_basic.so", "MOD_AUTH_BASIC.C", "mod_ssl.c", "auth_basic"] {
            assert_eq!(environment.has_module(name.as_bytes()), Truth::No, "{name}");
        }
        assert_eq!(environment.has_module(b"mod_version.c"), Truth::Maybe);
    }
}
