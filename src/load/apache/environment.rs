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
    #[must_use]
    pub fn of(known: bool) -> Self {
        if known { Truth::Yes } else { Truth::No }
    }

    /// The contrary.
    #[must_use]
    pub fn negated(self) -> Self {
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
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own, and any may hold with any other
pub struct Environment {
    /// By the name in small letters: values are looked up without regard to case (spec a26).
    defined: HashMap<Vec<u8>, Defined>,
    /// The process environment, as `envvars` sets it; names are exact. None: set to what is not known.
    variables: HashMap<Vec<u8>, Option<Vec<u8>>>,
    /// Whether an `envvars` was read that brings in no other file.
    knows_variables: bool,
    /// By identifier and by the name of the source file; whether it is certain.
    modules: HashMap<Vec<u8>, bool>,
    /// Whether this begins with a main configuration.
    pub is_main: bool,
    /// Whether what lies here at the server's paths is the server's.
    pub files_are_here: bool,
    /// Whether a part of the configuration was not to be found.
    pub lacks_parts: bool,
    /// Whether any `LoadModule` was read.
    loads_modules: bool,
}

/// Values of variables that are longer than this, in bytes, are not followed.
const LONGEST_VALUE: usize = 1 << 16;

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

/// Modules that a part of a configuration may take for granted: without them no httpd 2.4 has rules of
/// access at all. `<IfModule !mod_authz_core.c>` is how files for 2.2 and 2.4 tell the two apart.
const EVERYWHERE: &[&[u8]] = &[
    b"mod_authz_core.c",
    b"authz_core_module",
    b"mod_authz_host.c",
    b"authz_host_module",
    b"mod_authn_core.c",
    b"authn_core_module",
    b"mod_authn_file.c",
    b"authn_file_module",
    b"mod_authz_user.c",
    b"authz_user_module",
    b"mod_auth_basic.c",
    b"auth_basic_module",
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
    /// is none, or where it is not certain. An empty value is none.
    pub fn value(&self, name: &[u8]) -> Option<&[u8]> {
        let value = match self.defined.get(&name.to_ascii_lowercase()) {
            Some(Defined { is_certain: false, .. }) => None,
            Some(Defined { value: Some(value), .. }) => Some(value.as_slice()),
            _ => self.variables.get(name)?.as_deref(),
        };
        value.filter(|value| !value.is_empty())
    }

    /// Whether nothing gives `${NAME}` a value, here or in the environment.
    pub fn is_unset(&self, name: &[u8]) -> bool {
        let is_defined = self.defined.contains_key(&name.to_ascii_lowercase());
        !is_defined && !self.variables.contains_key(name)
    }

    /// Whether a `Define` that is certainly there gives `${NAME}` no value, or an empty one.
    pub fn is_empty(&self, name: &[u8]) -> bool {
        let defined = self.defined.get(&name.to_ascii_lowercase());
        let is_empty = |it: &Defined| match &it.value {
            Some(value) => value.is_empty(),
            None => !self.variables.contains_key(name),
        };
        defined.is_some_and(|it| it.is_certain && is_empty(it))
    }

    /// The names that have a value, by a `Define` or from the environment.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        let defined = self.defined.values().map(|defined| defined.name.as_slice());
        defined.chain(self.variables.keys().map(Vec::as_slice))
    }

    /// Whether the process environment is what [`Environment::names`] has of it, and no more.
    pub fn knows_variables(&self) -> bool {
        self.knows_variables
    }

    /// `<IfDefine NAME>`: here the case counts (spec a24).
    pub fn is_defined(&self, name: &[u8]) -> Truth {
        match self.defined.get(&name.to_ascii_lowercase()) {
            Some(defined) if defined.name == name && defined.is_certain => Truth::Yes,
            Some(defined) if defined.name == name => Truth::Maybe,
            // One of another case is another one.
            _ if self.is_main && !self.lacks_parts => Truth::No,
            _ => Truth::Maybe,
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
        if !self.is_main && EVERYWHERE.contains(&name) {
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
        self.knows_variables = true;
        for line in text.lines().map(str::trim) {
            let line = line.strip_prefix("export ").unwrap_or(line);
            self.knows_variables &= !line.starts_with(". ") && !line.starts_with("source ");
            let Some((name, value)) = line.split_once('=') else { continue };
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            if name.is_empty() || !name.bytes().all(is_name) {
                continue;
            }
            let value = value.split_whitespace().next().unwrap_or_default();
            let value = value.trim_matches(['"', '\'']);
            match substitute(value, &shell) {
                Some(value) => {
                    shell.insert(name.to_owned(), value);
                }
                None => {
                    self.variables.insert(name.as_bytes().to_vec(), None);
                }
            }
        }
        let known = shell.into_iter().map(|(name, value)| (name.into_bytes(), Some(value.into_bytes())));
        self.variables.extend(known);
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
        (None, Some(b"ldap")) if stem == b"mod_ldap" => b"util_ldap".to_vec(),
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
        if result.len() > LONGEST_VALUE {
            return None;
        }
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
