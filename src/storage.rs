//! One storage layer for folder and S3 (the object_store crate).
