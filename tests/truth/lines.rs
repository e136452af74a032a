//! Single directives by chance, for the blocks of `generate`.

use crate::nodes::{Node, Random, block, line};

/// Variables of `map` and `geo`; a block is written where its variable is used.
pub const MAPS: &[(&str, &str, &str)] = &[
    ("$m_uri", "map $uri $m_uri", "default off; ~^/a \"Map A\"; /secret/ \"Map S\"; ~*\\.PHP$ Php"),
    ("$m_raw", "map $request_uri $m_raw", "default Raw; ~^/secret off; /a/ off; ~\\?x=1$ \"Raw $arg_x\""),
    (
        "$m_host",
        "map $host $m_host",
        "hostnames; default users; *.example users2; one.example both; .wild.example missing",
    ),
    ("$m_addr", "map $remote_addr $m_addr", "127.0.0.5 off; default \"By address\""),
    ("$m_arg", "map $arg_x $m_arg", "'' off; 1 Arg; ~^(?<digit>[23])$ \"Digit $digit\"; default Other"),
    ("$m_method", "map $request_method $m_method", "GET 1; HEAD 1; ~^P 0; default ''"),
    ("$m_header", "map $http_x_foo $m_header", "'' off; default Header"),
    ("$m_both", "map \"$host$uri\" $m_both", "default off; ~^one.example/a Both; ~secret$ Both"),
    ("$m_auth", "map $http_authorization $m_auth", "'' ''; ~*^basic one; default two"),
    ("$m_chain", "map $m_uri $m_chain", "off 0; default 1"),
    ("$m_case", "map $arg_x $m_case", "ABC off; default \"Case\"; include none*.map; volatile"),
    ("$m_user", "map $remote_user $m_user", "alice users; bob both; '' missing; default users2"),
    ("$m_regex", "map $uri $m_regex", "~^/(?<first>[^/]+)/ \"In $first\"; default \"\"; ~(.)$ \"Ends $1\""),
    (
        "$m_short",
        "map $host$request_method $m_short",
        "one.exampleGET off; two.examplePOST off; default Short",
    ),
    ("$g_arg", "geo $arg_x $g_arg", "default \"Geo arg\"; 10.0.0.0/8 off; 10.1.0.0/16 \"Deep\""),
    ("$g_addr", "geo $g_addr", "default \"Geo\"; 127.0.0.5 off; ::1 \"Geo six\""),
    ("$g_net", "geo $g_net", "ranges; default 1; 127.0.0.4-127.0.0.6 0"),
];

const REALM: &str = "\"R\" | \"R\" | \"R\" | \"Staff Area\" | Inner | off | off | Off | OFF | \" off\" | \"\" | 'say hi' \
    | \"of\" | \"R $host\" | \"$m_uri\" | $m_raw | $m_addr | $m_arg | $g_addr | $arg_realm | $v1 | \"$m_header\" \
    | \"R $request_method\" | $m_both | \"R $1\" | \"${m_uri}\" | o${arg_f}ff | \"R $server_port\" | 'a \"b\"' | $m_case | $m_regex | $m_short | $g_arg | \"$remote_user\" \
    | \"$http_host\" | \"R $server_name\" | $scheme | \"R $uri\" | \"$document_uri\" | \"${host}x\" | \"$args\" | $is_args | \"R $query_string\"";

const USER_FILE: &str = "users | users | users | users | users | users2 | users2 | both | both | TREE/users | TREE/both \
    | empty | missing | directory | unreadable | closed/users | link | dangling | users/below | \"\" | $m_host \
    | TREE/$m_host | users$arg_f | /dev/null | \"TREE/users\" | 'both' | $v2 | ./users | apr1 | sha256 | bcrypt | des \
    | bom | swallow | swallow-crlf | comment | indented | case | carriage | equal | prefix | plain | rubbish | argon | ssha | twice | html/../users | $m_user";

const RULE: &str = "allow all | deny all | deny all | deny all | allow 127.0.0.1 | allow 127.0.0.1 | deny 127.0.0.1 \
    | deny 127.0.0.5 | allow 127.0.0.5 | allow 127.0.0.0/8 | deny 127.0.0.0/30 | allow 127.0.0.4/30 | allow 10.0.0.0/8 \
    | deny 10.0.0.0/8 | allow ::1 | deny ::1 | deny ::/0 | deny 0.0.0.0/0 | allow 0.0.0.0/0 | allow unix: | deny unix: \
    | allow 127.0.0.6/29 | allow 127.0.0.5/32";

const SUBREQUEST: &str = "/_ok | /_ok | /_ok | /_ok | /_401 | /_401 | /_403 | /_403 | /_404 | /_500 | /_302 | /_file \
    | /_file | /_none | /a/ | /nowhere | /_ok?x=1 | @app | $uri | off | /secret/ | /_echo | /_echo401 | /_guarded \
    | /_ok/ | _ok | \"/_ok\" | /_if | /_dir/ | /_rewrite";

const ERROR_CODES: &str = "401 | 401 | 401 | 403 | 403 | 404 | 404 | 500 | 401 403 | 401 403 404 | 500 502 503 504 | 405 | 418 | 502 | 400 | 301 | 302 | 301 302 \
    | 503 410 | 414 | 401 404 | 403 405";

const ERROR_TARGET: &str = "/login.html | /login.html | =200 /login.html | = /login.html | @app | @app | = @app | =200 @app \
    | = @back | @back | @nowhere | /50x.html | =200 /50x.html | =404 /nowhere | /nowhere | = /nowhere | http://e.example/login \
    | =301 http://e.example/ | = http://e.example/x | /a/x.css | =200 /secret/x.css | = /_ok | = /_401 | = /_403 | =204 /_404 \
    | /_403 | /a/ | = /a/ | =401 /x.css | =403 /x.css | =200 /empty/ | /err?u=$uri | $uri.css | @deny | = @deny | @auth | /_302 \
    | =500 /x.css | @try | = @try | =200 /_text | /_text | = /_text | =418 @app | =200 @back | /_internal | =202 /_internal";

const NOISE: &str = "sendfile on | keepalive_timeout 5s | default_type text/plain | charset utf-8 | etag on | gzip on \
    | expires 1h | add_header X-One 1 | add_header X-Two 2 always | server_tokens off | log_not_found off | tcp_nodelay on \
    | client_max_body_size 1m | auth_delay 5ms | proxy_read_timeout 5s | proxy_http_version 1.1 | types { text/plain html css; } \
    | log_subrequest on | etag off | proxy_buffering off | port_in_redirect off | absolute_redirect off | access_log off \
    | proxy_pass_header Authorization | proxy_hide_header Authorization | auth_request_set $who $upstream_http_x_user \
    | proxy_cookie_path / /x | client_body_timeout 5s | msie_padding off | max_ranges 0 \
    | if_modified_since off | chunked_transfer_encoding off | mirror /_mirror | mirror off | disable_symlinks off | rewrite_log on | uninitialized_variable_warn off \
    | recursive_error_pages off | satisfy all | auth_basic_user_file users | proxy_set_header X-A b | error_page 599 /x | post_action /nowhere \
    | lingering_close off | open_log_file_cache off";

/// Directives that http, server and location take alike.
pub fn common(random: &mut Random, nodes: &mut Vec<Node>, weight: usize) {
    let chance = |random: &mut Random, percent: usize| random.percent(percent * weight / 100);
    let has_realm = chance(random, 35);
    if has_realm {
        nodes.push(line(format!("auth_basic {}", random.word(REALM))));
    }
    if chance(random, if has_realm { 75 } else { 20 }) {
        nodes.push(line(format!("auth_basic_user_file {}", random.word(USER_FILE))));
    }
    if chance(random, 15) {
        nodes.push(line(format!("satisfy {}", random.word("any | any | any | all"))));
    }
    if chance(random, 25) {
        for _ in 0..=random.below(3) {
            nodes.push(line(random.word(RULE)));
        }
    }
    if chance(random, 18) {
        nodes.push(line(format!("auth_request {}", random.word(SUBREQUEST))));
    }
    while chance(random, 14) {
        nodes.push(line(format!("error_page {} {}", random.word(ERROR_CODES), random.word(ERROR_TARGET))));
    }
    if chance(random, 5) {
        nodes.push(line("recursive_error_pages on"));
    }
    if chance(random, 20) {
        headers(random, nodes);
    }
    if chance(random, 3) {
        nodes.push(line(random.word("proxy_pass_request_headers off | proxy_pass_request_headers on")));
    }
    if chance(random, 4) {
        nodes.push(line("proxy_intercept_errors on"));
    }
    if chance(random, 6) {
        nodes.push(line(format!("index {}", random.word("index.html | x.css | index.htm index.html | none.html | x.php index.html | none /login.html | index$arg_f.html | /index.html"))));
    }
    if chance(random, 5) {
        nodes.push(line(random.word("autoindex on | autoindex on | autoindex off")));
    }
    if chance(random, 2) {
        nodes.push(line("add_header WWW-Authenticate 'Basic realm=\"added\"' always"));
    }
    if chance(random, 25) {
        let noise = random.word(NOISE);
        nodes.push(match noise.split_once(" {") {
            Some((opening, inner)) => block(opening, vec![line(inner.trim_matches([' ', '}', ';']))]),
            None => line(noise),
        });
    }
}

const HEADER: &str = "Authorization \"\" | Authorization \"\" | authorization '' | Authorization $http_authorization \
    | Authorization \"Basic Y29uc3Q6YW50\" | Authorization \"Bearer $arg_x\" | Authorization $v1 | Authorization $arg_x \
    | X-User $remote_user | Host $host | Host $host | X-Real-IP $remote_addr | AUTHORIZATION $m_auth \
    | Authorization \"$http_authorization\" | Authorization \"x$http_authorization\" | X-Authorization $http_authorization \
    | Authorization \"Basic $remote_user\" | Connection close | Authorization $http_x_foo";

/// One level of `proxy_set_header`.
fn headers(random: &mut Random, nodes: &mut Vec<Node>) {
    for _ in 0..=random.below(3) {
        nodes.push(line(format!("proxy_set_header {}", random.word(HEADER))));
    }
}

const PARAM: &str = "HTTP_AUTHORIZATION \"\" | HTTP_AUTHORIZATION const | HTTP_AUTHORIZATION $http_authorization \
    | HTTP_AUTHORIZATION $http_authorization if_not_empty | HTTP_AUTHORIZATION '' if_not_empty | SCRIPT_FILENAME $request_filename \
    | REMOTE_USER $remote_user | HTTP_AUTHORIZATION $arg_x if_not_empty | http_authorization x | HTTP_AUTHORIZATION $v1";

/// `fastcgi_param` and its like, and the headers that do not go out.
pub fn params(random: &mut Random, nodes: &mut Vec<Node>, kind: &str) {
    for _ in 0..random.below(3) {
        nodes.push(line(format!("{kind}_param {}", random.word(PARAM))));
    }
    if random.percent(8) {
        nodes.push(line(format!("{kind}_pass_request_headers off")));
    }
}

const RETURN: &str = "200 \"RETURN text\" | 200 RETURN | 200 | 204 | 301 /a/ | 302 http://e.example/x | 303 /login | 307 /x$uri \
    | 308 https://$host$request_uri | 401 | 401 RETURN | 403 | 403 \"RETURN no\" | 404 | 404 RETURN | 418 | 444 | 500 | 500 RETURN \
    | 503 | http://e.example/y | https://$host/ | 400 | 405 | 410 | 200 $uri | 499 | 201 RETURN | 301 | 302 | 502 | 206 RETURN | 0 | $scheme://$host/z";

pub fn answer(random: &mut Random) -> Node {
    line(format!("return {}", random.word(RETURN)))
}

const REWRITE: &str = "^/a/(.*)$ /secret/$1 | ^/secret/(.*)$ /a/$1 | ^/old/(.*)$ /a/$1? | ^ /index.html | ^ /secret/index.html \
    | ^/(.*)$ /a/$1 | (?i)^/SECRET /a/x.css | ^(.*)\\.php$ $1.css | ^(.*)\\.css$ $1.php?q=$1 | ^/a/?$ /a/index.html | ^ http://e.example/y \
    | ^/x(.*)$ https://e.example$1 | ^/api/(.*)$ /$1 | ^/[^/]*/b/ /_ok | ^/loop /loop | ^/a /b/a | ^/b /a | ^/(?<n>a|secret)/ /static/$n \
    | ^ /nowhere | ^/a/(.*) $1 | nothing /secret/ | ^ $arg_x | ^/(.*)$ /a/$1?x=1 | ^/login $scheme://h.example/l \
    | ^/a //secret//x.css | ^/a /a/../secret/x.css | ^/x /x%2ecss | !^/a /a/ | ^(/a)?(.*)$ $2 | ^/static /unreadable.txt | ^ /_internal";

pub fn rewrite(random: &mut Random) -> Node {
    let flag = random.word("last | last | last | break | break | redirect | permanent |  | ");
    line(format!("rewrite {} {flag}", random.word(REWRITE)).trim_end().to_owned())
}

const SET: &str = "$v1 off | $v1 1 | $v1 \"\" | $v1 $uri | $v1 \"$v1$arg_x\" | $v1 Set | $v2 users | $v2 both | $v2 missing \
    | $v1 $m_uri | $v1 \"R $1\" | $v1 $http_x_foo | $v1 $v2 | $v2 $v1 | $v1 $request_method | $v1 $host";

pub fn set(random: &mut Random) -> Node {
    line(format!("set {}", random.word(SET)))
}

const CONDITION: &[&str] = &[
    "$request_method = POST",
    "$request_method != GET",
    "$request_method ~ ^(PUT|DELETE)$",
    "$request_method ~* get",
    "$request_method = \"get\"",
    "$uri ~ ^/a/",
    "$uri ~ ^/(.*)/x",
    "$uri !~* \\.CSS$",
    "$uri = /secret/",
    "$uri != /a/x.css",
    "$request_uri ~ ^/a",
    "$request_uri ~* %",
    "$args",
    "$args = \"x=1\"",
    "$args ~ realm",
    "$is_args",
    "$query_string = ''",
    "$arg_x",
    "$arg_x = 1",
    "$arg_X = 1",
    "$arg_realm = off",
    "-f $request_filename",
    "!-f $request_filename",
    "-d $request_filename",
    "!-d $request_filename",
    "-e $request_filename",
    "!-e $request_filename",
    "-x $request_filename",
    "-f TREE/html$uri",
    "-d $document_root/a",
    "!-e $document_root$uri",
    "-f $document_root/index.html",
    "$host = one.example",
    "$host ~ ^(.*)\\.example$",
    "$http_host = one.example",
    "$http_host ~ :[0-9]+$",
    "$remote_addr = 127.0.0.5",
    "$remote_addr ~ ^127",
    "$remote_user",
    "$remote_user = alice",
    "$http_authorization",
    "$http_authorization = \"\"",
    "$http_authorization ~* ^basic",
    "$http_x_foo",
    "$http_cookie ~ session",
    "$scheme = https",
    "$https",
    "$server_port = PORT",
    "$server_name = one.example",
    "$server_addr = 127.0.0.1",
    "$server_protocol = HTTP/1.1",
    "$content_length",
    "$request_filename ~ secret",
    "$document_uri ~ php$",
    "$v1",
    "$v1 = off",
    "$v1 = 1",
    "$v2 ~ users",
    "$m_uri = off",
    "$m_chain",
    "$m_method",
    "$m_arg != off",
    "$m_header",
    "$g_net",
    "$1",
    "$1 = b",
    "$uri ~ \"^/a{1,2}/\"",
    "$uri ~ (\\.php|\\.css)$",
];

pub fn condition(random: &mut Random) -> String {
    format!("if ({})", random.pick(CONDITION))
}

const TRY_FILES: &str = "$uri =404 | $uri =404 | $uri $uri/ =404 | $uri $uri/ /index.html | $uri /index.html | $uri @app | $uri @back \
    | $uri $uri/index.html =404 | $uri/index.html $uri @app | /nowhere @app | /nowhere =403 | /nowhere =401 | /none =500 | /x.css =404 \
    | $uri /a/ | $uri /secret/index.html | $uri $uri/ @missing | $uri.css $uri /index.html?q=$uri | /a/ =404 | $uri$args =404 \
    | $uri /nowhere | $uri/ @auth | $uri =200 | $uri /_ok | $uri $uri/ /_internal | $uri.html $uri/ =405 | /none $uri | $uri =444 \
    | /unreadable.txt =404 | $uri /unreadable.txt | $document_uri @try | /a$uri /secret$uri =404 | $uri $v1 | index.html =404";

pub fn try_files(random: &mut Random) -> Node {
    line(format!("try_files {}", random.word(TRY_FILES)))
}

const METHODS: &str =
    "GET | GET | GET HEAD | HEAD | POST | GET POST | OPTIONS | PUT DELETE | get | GET OPTIONS PROPFIND";

/// `limit_except` with rules of its own.
pub fn limit_except(random: &mut Random) -> Node {
    let mut inner = Vec::new();
    if random.percent(50) {
        for _ in 0..=random.below(2) {
            inner.push(line(random.word(RULE)));
        }
    }
    if random.percent(50) {
        inner.push(line(format!("auth_basic {}", random.word(REALM))));
        if random.percent(70) {
            inner.push(line(format!("auth_basic_user_file {}", random.word(USER_FILE))));
        }
    }
    if random.percent(10) {
        inner.push(line("proxy_pass http://127.0.0.1:ECHO"));
    }
    block(format!("limit_except {}", random.word(METHODS)), inner)
}
