//! The whole program in a temporary folder, as a user runs it: arguments in, exit code, stdout and stderr out.

mod demo;
mod init;
mod lake;
mod parse;
mod pipeline;
mod queries;
mod usage;
mod world;
