//! The directives of nginx that the model understands.

use super::Name;

/// Beginnings of directives that adjust a check and switch none on.
const SETTINGS: &[&str] = &[
    "auth_request_",
    "auth_basic_",
    "auth_jwt_",
    "auth_digest_",
    "auth_ldap_",
    "auth_pam_",
    "auth_gss_",
    "auth_oidc_",
    "auth_http",
];

/// Ends of `proxy_...`, `fastcgi_...` and their like that are looked up by their names.
const OF_BACKENDS: &[&str] = &[
    "pass_header",
    "hide_header",
    "cache",
    "cache_key",
    "cache_bypass",
    "no_cache",
    "cache_valid",
    "intercept_errors",
    "split_path_info",
    "index",
];

fn is_of_a_backend(name: &[u8]) -> bool {
    let starts = [b"proxy_".as_slice(), b"grpc_", b"fastcgi_", b"uwsgi_", b"scgi_"];
    let end = starts.iter().find_map(|start| name.strip_prefix(*start));
    end.is_some_and(|end| OF_BACKENDS.iter().any(|known| known.as_bytes() == end))
}

impl Name {
    /// The directive of this name; directives are looked up exactly, case counts (spec G11).
    #[must_use]
    #[allow(clippy::enum_glob_use)] // the table below names them all
    pub fn of_nginx(name: &[u8]) -> Option<Name> {
        use Name::*;
        Some(match name {
            b"auth_basic" => AuthBasic,
            b"auth_basic_user_file" => AuthBasicUserFile,
            b"satisfy" => Satisfy,
            b"allow" => Allow,
            b"deny" => Deny,
            b"auth_request" => AuthRequest,
            b"auth_delay" => AuthDelay,
            b"access_by_lua_block"
            | b"access_by_lua_file"
            | b"access_by_lua"
            | b"rewrite_by_lua_block"
            | b"rewrite_by_lua_file"
            | b"rewrite_by_lua"
            | b"js_access"
            | b"ssl_verify_client"
            | b"secure_link"
            | b"secure_link_md5" => OtherCheck,
            b"auth_jwt" | b"auth_digest" | b"auth_ldap" | b"auth_pam" | b"auth_gss" | b"auth_oidc"
            | b"auth_spnego" => OtherAuth,
            b"proxy_set_header" => ProxySetHeader,
            b"grpc_set_header" => GrpcSetHeader,
            b"fastcgi_param" => FastcgiParam,
            b"uwsgi_param" => UwsgiParam,
            b"scgi_param" => ScgiParam,
            b"proxy_pass_request_headers" => ProxyPassRequestHeaders,
            b"fastcgi_pass_request_headers" => FastcgiPassRequestHeaders,
            b"uwsgi_pass_request_headers" => UwsgiPassRequestHeaders,
            b"scgi_pass_request_headers" => ScgiPassRequestHeaders,
            b"proxy_hide_header" => ProxyHideHeader,
            b"mirror" => Mirror,
            b"underscores_in_headers" | b"ignore_invalid_headers" | b"more_set_headers" => Setting,
            name if is_of_a_backend(name) => Setting,
            b"root" => Root,
            b"internal" => Internal,
            b"error_page" => ErrorPage,
            b"proxy_pass" => ProxyPass,
            b"grpc_pass" => GrpcPass,
            b"fastcgi_pass" => FastcgiPass,
            b"uwsgi_pass" => UwsgiPass,
            b"scgi_pass" => ScgiPass,
            b"alias" => Alias,
            b"try_files" => TryFiles,
            b"return" => Return,
            b"rewrite" => Rewrite,
            b"break" => Break,
            b"set" => Set,
            b"listen" => Listen,
            b"server_name" => ServerName,
            b"user" => User,
            b"ssl_certificate" => Certificate,
            b"index" => Index,
            b"autoindex" => Autoindex,
            b"merge_slashes" => MergeSlashes,
            b"recursive_error_pages" => RecursiveErrorPages,
            b"add_header" => AddHeader,
            b"set_real_ip_from" => SetRealIpFrom,
            b"real_ip_header" => RealIpHeader,
            b"disable_symlinks" => DisableSymlinks,
            b"auth_request_set" => AuthRequestSet,
            b"large_client_header_buffers" => LargeClientHeaderBuffers,
            b"gzip_static" | b"random_index" | b"dav_methods" | b"image_filter" | b"xslt_stylesheet" => {
                ContentModule
            }
            b"memcached_pass" | b"stub_status" | b"empty_gif" | b"flv" | b"mp4" => OtherHandler,
            // A setting of a module, not what switches it on.
            name if SETTINGS.iter().any(|start| name.starts_with(start.as_bytes())) => return None,
            name if name.starts_with(b"auth_") => OtherCheck,
            _ => return None,
        })
    }

    /// The fewest and the most arguments that nginx takes.
    #[must_use]
    pub fn arguments(self) -> (usize, usize) {
        const MANY: usize = usize::MAX;
        match self {
            Name::AuthBasic
            | Name::AuthBasicUserFile
            | Name::Satisfy
            | Name::Allow
            | Name::Deny
            | Name::AuthRequest
            | Name::AuthDelay
            | Name::ProxyPassRequestHeaders
            | Name::FastcgiPassRequestHeaders
            | Name::UwsgiPassRequestHeaders
            | Name::ScgiPassRequestHeaders
            | Name::ProxyHideHeader
            | Name::Mirror
            | Name::Root
            | Name::Alias
            | Name::ProxyPass
            | Name::GrpcPass
            | Name::FastcgiPass
            | Name::UwsgiPass
            | Name::ScgiPass
            | Name::Autoindex
            | Name::MergeSlashes
            | Name::RecursiveErrorPages
            | Name::SetRealIpFrom => (1, 1),
            Name::ProxySetHeader | Name::GrpcSetHeader | Name::Set | Name::AuthRequestSet => (2, 2),
            Name::FastcgiParam | Name::UwsgiParam | Name::ScgiParam | Name::Rewrite | Name::AddHeader => {
                (2, 3)
            }
            Name::Return | Name::User => (1, 2),
            Name::Internal | Name::Break => (0, 0),
            Name::ErrorPage | Name::TryFiles => (2, MANY),
            Name::Listen | Name::ServerName | Name::Index => (1, MANY),
            _ => (0, MANY),
        }
    }
}
