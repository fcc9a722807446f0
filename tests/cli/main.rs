//! The whole program in a temporary folder, as a user runs it: arguments in, exit code, stdout and stderr out.

#[cfg(all(feature = "aws", feature = "local"))]
mod configuration;
mod demo;
mod init;
mod lake;
mod manual;
mod parse;
mod pipeline;
mod queries;
#[cfg(all(feature = "aws", feature = "local"))]
mod reference;
mod trails;
mod usage;
mod world;
