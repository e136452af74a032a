//! The directives of httpd 2.4 that the model understands.

use super::Name;

/// How httpd takes the arguments of a directive (spec a11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arguments {
    /// Exactly one word that is not empty.
    One,
    /// At least one word.
    Many,
    /// None, or words that are all looked at.
    Words,
    /// A provider and what it takes, as `Require`.
    Provider,
    /// `from`, and at least one word.
    From,
    /// An action, the name of a header, and what the action takes.
    Header,
}

impl Name {
    /// The directive of this name; case does not count (spec a12).
    #[must_use]
    pub fn of_apache(name: &[u8]) -> Option<Name> {
        // Most lines are about something else: their names are never written down.
        if !matches!(
            name.first()?.to_ascii_lowercase(),
            b'a' | b'c' | b'd' | b'e' | b'g' | b'l' | b'o' | b'p' | b'r' | b's' | b'u' | b'w'
        ) {
            return None;
        }
        let mut small = [0; 40];
        let small = small.get_mut(..name.len())?;
        small.copy_from_slice(name);
        small.make_ascii_lowercase();
        Some(match &*small {
            b"authtype" => Name::AuthType,
            b"authname" => Name::AuthName,
            b"authuserfile" => Name::AuthUserFile,
            b"authgroupfile" => Name::AuthGroupFile,
            b"authbasicprovider" | b"authdigestprovider" | b"authformprovider" => Name::AuthProvider,
            b"require" => Name::Require,
            b"authmerging" => Name::AuthMerging,
            b"satisfy" => Name::Satisfy,
            b"order" => Name::Order,
            b"allow" => Name::Allow,
            b"deny" => Name::Deny,
            b"allowoverride" => Name::AllowOverride,
            b"allowoverridelist" => Name::AllowOverrideList,
            b"requestheader" => Name::RequestHeader,
            b"cgipassauth" => Name::CgiPassAuth,
            b"sethandler" => Name::SetHandler,
            b"proxypass" => Name::ProxyPass,
            b"proxypassmatch" => Name::ProxyPassMatch,
            b"alias" | b"scriptalias" | b"wsgiscriptalias" => Name::Alias,
            b"documentroot" => Name::Root,
            b"redirect" | b"redirectmatch" | b"redirectpermanent" | b"redirecttemp" => Name::Redirect,
            b"rewriterule" => Name::RewriteRule,
            b"rewriteengine" => Name::RewriteEngine,
            b"options" => Name::Options,
            b"listen" => Name::Listen,
            b"servername" => Name::ServerName,
            b"serveralias" => Name::ServerAlias,
            b"errordocument" => Name::ErrorPage,
            b"user" => Name::User,
            b"sslcertificatefile" => Name::Certificate,
            b"group" => Name::Group,
            b"sslrequire"
            | b"sslverifyclient"
            | b"luahookaccesschecker"
            | b"luahookauthchecker"
            | b"luahookcheckuserid"
            | b"authzsvnaccessfile"
            | b"authzsvnreposrelativeaccessfile"
            | b"wsgiaccessscript" => Name::OtherCheck,
            name if is_removed(name) => Name::Removed,
            _ => return None,
        })
    }

    /// The directive of this name with those that only the way of a request asks for.
    #[must_use]
    pub fn of_apache_line(name: &[u8]) -> Option<Name> {
        let known = Name::of_apache(name);
        if known.is_some() {
            return known;
        }
        let small = name.to_ascii_lowercase();
        Some(match small.as_slice() {
            b"rewritecond" => Name::RewriteCond,
            b"rewriteoptions" => Name::RewriteOptions,
            b"rewritebase" => Name::RewriteBase,
            b"rewritemap" => Name::RewriteMap,
            b"aliasmatch" | b"scriptaliasmatch" => Name::AliasMatch,
            b"setenvif" | b"setenvifnocase" | b"setenvifexpr" | b"browsermatch" | b"browsermatchnocase" => {
                Name::SetEnvIf
            }
            small if SETTINGS.contains(&small) => Name::Setting,
            small if super::known(small).is_none_or(|known| known.is_not_followed) => Name::Foreign,
            _ => return None,
        })
    }

    /// How httpd takes its arguments; none where nothing is checked here.
    #[must_use]
    pub fn apache_arguments(self) -> Option<Arguments> {
        Some(match self {
            Name::AuthType
            | Name::AuthName
            | Name::AuthUserFile
            | Name::AuthGroupFile
            | Name::AuthMerging
            | Name::Order
            | Name::Satisfy => Arguments::One,
            Name::AuthProvider => Arguments::Many,
            Name::AllowOverride | Name::Options => Arguments::Words,
            Name::Require => Arguments::Provider,
            Name::Allow | Name::Deny => Arguments::From,
            Name::RequestHeader => Arguments::Header,
            _ => return None,
        })
    }
}

/// Directives that are looked up by their names where they count.
const SETTINGS: &[&[u8]] = &[
    b"accessfilename",
    b"adddescription",
    b"addhandler",
    b"allowencodedslashes",
    b"authbasicauthoritative",
    b"authbasicfake",
    b"authbasicusedigestalgorithm",
    b"authformauthoritative",
    b"authformloginrequiredlocation",
    b"authzsendforbiddenonfailure",
    b"cachedisable",
    b"dav",
    b"directorycheckhandler",
    b"directoryindex",
    b"directoryindexredirect",
    b"directoryslash",
    b"fallbackresource",
    b"header",
    b"headername",
    b"indexheadinsert",
    b"indexignore",
    b"indexoptions",
    b"indexorderdefault",
    b"indexstylesheet",
    b"mergeslashes",
    b"passenv",
    b"readmename",
    b"setenv",
    b"sslengine",
    b"traceenable",
    b"usecanonicalname",
];

/// Directives of 2.2's auth modules that 2.4 does not know any more.
fn is_removed(name: &[u8]) -> bool {
    const REMOVED: &[&[u8]] = &[
        b"authdigestfile",
        b"authdigestgroupfile",
        b"authauthoritative",
        b"authdefaultauthoritative",
        b"authzdefaultauthoritative",
        b"authzuserauthoritative",
        b"authzgroupfileauthoritative",
        b"authzownerauthoritative",
        b"authzdbmauthoritative",
        b"authzldapauthoritative",
        b"authdbauthoritative",
        b"authdbuserfile",
        b"authdbgroupfile",
        b"authdbmauthoritative",
        b"authldapenabled",
        b"authldapauthoritative",
        b"authldapfrontpagehack",
        b"anonymous_authoritative",
        b"authdigestenablequerystringhack",
        b"authdigestnonceformat",
    ];
    REMOVED.contains(&name)
}
