//! The directives of nginx that have no part in what is answered to a request, so far as access goes:
//! logging, sizes, times, compression, encryption, headers of the response, and what a backend is asked.

use super::Name;

/// Beginnings of names. `limit_req` and `limit_conn` depend on how many others ask at the same time,
/// which no configuration tells.
const FAMILIES: &[&str] = &[
    "proxy_",
    "fastcgi_",
    "uwsgi_",
    "scgi_",
    "grpc_",
    "memcached_",
    "ssl_",
    "gzip",
    "gunzip",
    "brotli",
    "zstd",
    "http2_",
    "http3",
    "quic_",
    "client_body_",
    "client_header_",
    "keepalive_",
    "lingering_",
    "limit_req",
    "limit_conn",
    "limit_rate",
    "open_file_cache",
    "open_log_file_cache",
    "output_buffers",
    "resolver",
    "send_",
    "sendfile",
    "server_names_hash_",
    "types_hash_",
    "variables_hash_",
    "map_hash_",
    "charset",
    "override_charset",
    "source_charset",
    "sub_filter",
    "ssi",
    "addition_types",
    "add_",
    "userid",
    "expires",
    "more_set_headers",
    "more_clear_headers",
    "autoindex_",
    "mirror_",
    "slice",
    "geoip",
    "perl_",
    "js_import",
    "js_path",
    "js_set",
    "js_var",
    "lua_",
    "init_by_lua",
    "init_worker_by_lua",
    "log_by_lua",
    "image_filter_",
    "xslt_",
    "create_full_put_path",
    "dav_access",
    "min_delete_depth",
    "mp4_",
    "referer_hash_",
    "secure_link_",
    "upstream_",
    "status_",
    "vhost_traffic_status",
    "modsecurity_transaction_id",
];

/// Whole names.
const NAMES: &[&str] = &[
    "absolute_redirect",
    "access_log",
    "aio",
    "aio_write",
    "ancient_browser",
    "ancient_browser_value",
    "chunked_transfer_encoding",
    "client_max_body_size",
    "connection_pool_size",
    "default_type",
    "directio",
    "directio_alignment",
    "error_log",
    "etag",
    "http2",
    "if_modified_since",
    "ignore_invalid_headers",
    "log_format",
    "log_not_found",
    "log_subrequest",
    "max_ranges",
    "min_delete_depth",
    "modern_browser",
    "modern_browser_value",
    "msie_padding",
    "msie_refresh",
    "port_in_redirect",
    "post_action",
    "postpone_output",
    "read_ahead",
    "real_ip_recursive",
    "request_pool_size",
    "reset_timedout_connection",
    "rewrite_log",
    "server",
    "server_name_in_redirect",
    "server_tokens",
    "split_clients",
    "stream",
    "subrequest_output_buffer_size",
    "tcp_nodelay",
    "tcp_nopush",
    "types",
    "underscores_in_headers",
    "uninitialized_variable_warn",
    "upstream",
    "valid_referers",
    "variables",
];

/// Settings of checks that switch none on.
const OF_CHECKS: &[&str] = &["auth_request_", "auth_basic_", "auth_jwt_", "auth_http"];

impl Name {
    /// Whether a directive that the model does not know is known to change no answer.
    #[must_use]
    pub fn is_quiet(name: &[u8]) -> bool {
        let begins = |start: &&str| name.starts_with(start.as_bytes());
        let is_named = std::str::from_utf8(name).is_ok_and(|name| NAMES.binary_search(&name).is_ok());
        // A content handler of a family that is quiet otherwise.
        let is_handler = name.ends_with(b"_pass") || name.ends_with(b"_api");
        is_named || (!is_handler && FAMILIES.iter().any(&begins)) || OF_CHECKS.iter().any(&begins)
    }

    /// The directive that opens a block which is no scope; none where it changes no answer.
    #[must_use]
    pub fn of_nginx_block(name: &[u8]) -> Option<Name> {
        match name {
            b"map" => Some(Name::Map),
            b"geo" => Some(Name::Geo),
            b"types" | b"upstream" | b"split_clients" | b"events" | b"charset_map" => None,
            _ => match Name::of_nginx(name) {
                Some(Name::OtherCheck) => Some(Name::OtherCheck),
                _ if Name::is_quiet(name) => None,
                _ => Some(Name::Foreign),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_in_order() {
        assert!(NAMES.is_sorted());
        assert!(Name::is_quiet(b"access_log") && Name::is_quiet(b"proxy_buffering"));
        assert!(!Name::is_quiet(b"js_content") && !Name::is_quiet(b"content_by_lua_file"));
    }
}
