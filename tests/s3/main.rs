//! The storage layer and the pipeline on S3: an S3 server (SeaweedFS) is started for the run, and a proxy before it loses
//! answers and breaks bodies off. `scripts/test` installs what this needs; without it, these tests fail.

mod credentials;
mod faults;
mod lake;
mod listing;
mod proxy;
mod requests;
mod server;
mod store;
