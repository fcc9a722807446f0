//! The commands for the target `aws`, a file a command.

mod asking;
pub mod compact;
pub mod deploy;
pub mod destroy;
pub mod doctor;
pub mod drift;
pub mod init;
mod lake;
pub mod notify;
pub mod plan;
mod plan_view;
pub mod policy;
mod prepare;
pub mod query;
pub mod run;
pub mod status;
mod watching;
