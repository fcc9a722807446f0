//! What a release carries in itself: `cargo build --release --features embedded`, after `scripts/build-assets`.

/// A folder of assets, in the program.
#[derive(Debug, Clone, Copy)]
pub struct Embedded {
    /// The worker.
    pub worker: &'static [u8],
    /// The zip file of the functions.
    pub functions: &'static [u8],
    /// The manifest of both.
    pub manifest: &'static str,
}

/// What this program carries.
#[cfg(feature = "embedded")]
pub const EMBEDDED: Option<Embedded> = Some(Embedded {
    worker: include_bytes!("../../lambda-assets/bucketscope-worker"),
    functions: include_bytes!("../../lambda-assets/bootstrap.zip"),
    manifest: include_str!("../../lambda-assets/manifest.json"),
});

/// What this program carries.
#[cfg(not(feature = "embedded"))]
pub const EMBEDDED: Option<Embedded> = None;
