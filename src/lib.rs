//! authlint reads nginx and Apache configuration and says who can reach what.
pub mod allow;
pub mod cli;
pub mod decide;
pub mod expect;
pub mod finding;
mod fix;
pub mod lints;
pub mod load;
pub mod model;
pub mod outline;
mod parallel;
pub mod report;
pub mod settings;
pub mod source;
pub mod syntax;
pub mod userfile;
