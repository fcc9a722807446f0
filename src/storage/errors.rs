//! What storage refuses, as a user reads it.

use crate::error::{Error, ErrorKind};

pub(super) fn is_denied(error: &object_store::Error) -> bool {
    matches!(error, object_store::Error::PermissionDenied { .. })
        || io_cause(error).is_some_and(|cause| cause.kind() == std::io::ErrorKind::PermissionDenied)
}

pub(super) fn is_not_found(error: &object_store::Error) -> bool {
    io_cause(error).is_some_and(|cause| cause.kind() == std::io::ErrorKind::NotFound)
}

/// The input or output error at the bottom of `error`.
fn io_cause<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a std::io::Error> {
    let mut at = Some(error);
    while let Some(error) = at {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return Some(io);
        }
        at = error.source();
    }
    None
}

/// The error of a failed operation, as a user reads it.
pub(super) fn store_error(what: String, error: &object_store::Error) -> Error {
    if let Some(told) = std::error::Error::source(error).and_then(|source| source.downcast_ref::<Error>()) {
        return told.clone().about(what);
    }
    match io_cause(error) {
        Some(io) => io_error(what, io),
        None if is_denied(error) => Error::new(ErrorKind::Permission, what).because(error),
        None => Error::failed(what).because(error),
    }
}

/// The error of a failed file operation, as a user reads it. A full disk says so.
pub fn io_error(what: String, error: &std::io::Error) -> Error {
    use std::io::ErrorKind as Io;
    match error.kind() {
        Io::StorageFull | Io::QuotaExceeded => Error::failed(what)
            .because("the disk is full")
            .hint("free some space and run again; what is committed stands, and nothing of the rest is counted yet"),
        Io::ReadOnlyFilesystem => Error::failed(what).because("the disk is read-only"),
        Io::PermissionDenied => Error::new(ErrorKind::Permission, what).because(error),
        Io::Unsupported => Error::failed(what)
            .because(error)
            .hint("the file system must know hard links, with which a file is made only if there is none"),
        _ => Error::failed(what).because(error),
    }
}
