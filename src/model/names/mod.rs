//! The directives that the model understands, and which of them are inherited or replaced together.
//!
//! One line a directive: adding one here makes it known to every question of the model. What means the
//! same on both servers has the same family.

mod apache;
mod known;
mod nginx;
mod quiet;

pub use apache::Arguments;
pub use known::{Known, known};

/// A directive that the model knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Name {
    AuthBasic,
    AuthBasicUserFile,
    Satisfy,
    Allow,
    Deny,
    AuthRequest,
    AuthDelay,
    /// `auth_jwt`, `auth_digest`, `auth_ldap` and the like, which ask for credentials.
    OtherAuth,
    /// Code in the rewrite or access phase, a client's certificate, a signed link, an unknown module:
    /// checks whose result is not known.
    OtherCheck,
    ProxySetHeader,
    GrpcSetHeader,
    FastcgiParam,
    UwsgiParam,
    ScgiParam,
    ProxyPassRequestHeaders,
    FastcgiPassRequestHeaders,
    UwsgiPassRequestHeaders,
    ScgiPassRequestHeaders,
    ProxyHideHeader,
    Mirror,
    Root,
    Internal,
    ErrorPage,
    /// What opens a section of Apache.
    Section,
    AuthType,
    AuthName,
    AuthUserFile,
    AuthGroupFile,
    /// `AuthBasicProvider`, `AuthDigestProvider`, `AuthFormProvider`.
    AuthProvider,
    Require,
    AuthMerging,
    Order,
    AllowOverride,
    AllowOverrideList,
    Index,
    Autoindex,
    MergeSlashes,
    RecursiveErrorPages,
    AddHeader,
    SetRealIpFrom,
    RealIpHeader,
    DisableSymlinks,
    AuthRequestSet,
    LargeClientHeaderBuffers,
    /// What may change what the content phase makes of a file: `gzip_static`, `dav_methods`.
    ContentModule,
    /// A directive that may change an answer and is not followed, most often of a foreign module.
    Foreign,
    // From here on, not inherited.
    RequestHeader,
    CgiPassAuth,
    SetHandler,
    ProxyPassMatch,
    Redirect,
    RewriteRule,
    RewriteEngine,
    RewriteCond,
    RewriteOptions,
    RewriteBase,
    RewriteMap,
    AliasMatch,
    /// `SetEnvIf` and its like.
    SetEnvIf,
    /// A directive that is looked up by its name where it counts.
    Setting,
    Options,
    ServerAlias,
    Group,
    /// What 2.4 took out of 2.2.
    Removed,
    ProxyPass,
    GrpcPass,
    FastcgiPass,
    UwsgiPass,
    ScgiPass,
    Alias,
    TryFiles,
    Return,
    Rewrite,
    Break,
    Set,
    Listen,
    ServerName,
    User,
    /// The opening of an `if`, in its place among the lines that nginx carries out in their order.
    If,
    /// `map`, `geo`, `split_clients` and their like, which make variables.
    Map,
    Geo,
    /// A content handler that is no backend, such as `stub_status`.
    OtherHandler,
    /// `ssl_certificate`, `SSLCertificateFile`.
    Certificate,
}

/// Directives that are inherited or replaced together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
#[repr(u8)]
pub enum Family {
    Realm,
    UserFile,
    Satisfy,
    /// allow and deny: any line replaces the whole outer list (spec M2).
    Rules,
    Subrequest,
    Delay,
    OtherAuth,
    OtherCheck,
    ProxyHeaders,
    GrpcHeaders,
    FastcgiParams,
    UwsgiParams,
    ScgiParams,
    ProxyRequestHeaders,
    FastcgiRequestHeaders,
    UwsgiRequestHeaders,
    ScgiRequestHeaders,
    /// Headers of the response that the client does not get.
    HiddenHeaders,
    Mirror,
    Root,
    Internal,
    ErrorPage,
    /// `AuthType`: without it nobody is asked (spec a80).
    Scheme,
    GroupFile,
    Provider,
    /// `Require` lines, which one section replaces as a whole (spec a63).
    Require,
    /// What a `.htaccess` may say.
    Override,
    OverrideList,
    Index,
    Autoindex,
    MergeSlashes,
    RecursiveErrorPages,
    AddedHeaders,
    RealIp,
    RealIpHeader,
    Symlinks,
    /// Variables that are set once a subrequest was answered.
    SubrequestVariables,
    LargeBuffers,
    ContentModule,
    Foreign,
    // From here on, not inherited (spec M5).
    Handler,
    Merging,
    HeaderEdits,
    CgiPassAuth,
    Options,
    Group,
    Removed,
    Alias,
    TryFiles,
    Rewrite,
    /// Variables that hang on the request.
    EnvIf,
    Setting,
    Listen,
    ServerName,
    User,
    /// Blocks that make variables.
    Variables,
    OtherHandler,
    Certificate,
}

/// How many families are inherited.
pub const INHERITED: usize = Family::Handler as usize;

impl Name {
    /// The family it belongs to.
    #[must_use]
    pub fn family(self) -> Family {
        match self {
            Name::AuthBasic | Name::AuthName => Family::Realm,
            Name::AuthBasicUserFile | Name::AuthUserFile => Family::UserFile,
            Name::Satisfy => Family::Satisfy,
            Name::Allow | Name::Deny | Name::Order => Family::Rules,
            Name::AuthRequest => Family::Subrequest,
            Name::AuthDelay => Family::Delay,
            Name::OtherAuth => Family::OtherAuth,
            Name::OtherCheck => Family::OtherCheck,
            Name::ProxySetHeader => Family::ProxyHeaders,
            Name::GrpcSetHeader => Family::GrpcHeaders,
            Name::FastcgiParam => Family::FastcgiParams,
            Name::UwsgiParam => Family::UwsgiParams,
            Name::ScgiParam => Family::ScgiParams,
            Name::ProxyPassRequestHeaders => Family::ProxyRequestHeaders,
            Name::FastcgiPassRequestHeaders => Family::FastcgiRequestHeaders,
            Name::UwsgiPassRequestHeaders => Family::UwsgiRequestHeaders,
            Name::ScgiPassRequestHeaders => Family::ScgiRequestHeaders,
            Name::ProxyHideHeader => Family::HiddenHeaders,
            Name::Mirror => Family::Mirror,
            Name::Root => Family::Root,
            Name::Internal => Family::Internal,
            Name::ErrorPage => Family::ErrorPage,
            Name::ProxyPass
            | Name::ProxyPassMatch
            | Name::SetHandler
            | Name::GrpcPass
            | Name::FastcgiPass
            | Name::UwsgiPass
            | Name::ScgiPass => Family::Handler,
            Name::Alias | Name::AliasMatch => Family::Alias,
            Name::TryFiles => Family::TryFiles,
            Name::Return
            | Name::Rewrite
            | Name::Break
            | Name::Set
            | Name::Redirect
            | Name::RewriteRule
            | Name::RewriteEngine
            | Name::If
            | Name::RewriteCond
            | Name::RewriteOptions
            | Name::RewriteBase
            | Name::RewriteMap => Family::Rewrite,
            Name::SetEnvIf => Family::EnvIf,
            Name::Setting => Family::Setting,
            Name::Listen => Family::Listen,
            Name::ServerName | Name::ServerAlias => Family::ServerName,
            Name::User => Family::User,
            Name::AuthType => Family::Scheme,
            Name::AuthGroupFile => Family::GroupFile,
            Name::AuthProvider => Family::Provider,
            Name::Require => Family::Require,
            Name::AuthMerging => Family::Merging,
            Name::AllowOverride => Family::Override,
            Name::AllowOverrideList => Family::OverrideList,
            Name::RequestHeader => Family::HeaderEdits,
            Name::CgiPassAuth => Family::CgiPassAuth,
            Name::Options => Family::Options,
            Name::Group => Family::Group,
            Name::Removed | Name::Section => Family::Removed,
            Name::Index => Family::Index,
            Name::Autoindex => Family::Autoindex,
            Name::MergeSlashes => Family::MergeSlashes,
            Name::RecursiveErrorPages => Family::RecursiveErrorPages,
            Name::AddHeader => Family::AddedHeaders,
            Name::SetRealIpFrom => Family::RealIp,
            Name::RealIpHeader => Family::RealIpHeader,
            Name::DisableSymlinks => Family::Symlinks,
            Name::AuthRequestSet => Family::SubrequestVariables,
            Name::LargeClientHeaderBuffers => Family::LargeBuffers,
            Name::ContentModule => Family::ContentModule,
            Name::Foreign => Family::Foreign,
            Name::Map | Name::Geo => Family::Variables,
            Name::OtherHandler => Family::OtherHandler,
            Name::Certificate => Family::Certificate,
        }
    }
}
