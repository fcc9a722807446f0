//! The files of a CloudTrail trail that goes with the access logs: a request that both see has the same caller, address,
//! key, time and request id in both. docs/generate.md lists what is made.

mod account;
mod call;
mod caller;
mod delivery;
mod hard;
mod json;
mod requests;

pub use delivery::{Deliveries, Trails};
pub use requests::{Recorder, Request};

/// An account and a Region, whose events are delivered in files of their own.
pub type Place = (&'static str, &'static str);

const SHOP: &str = "111122223333";
const DATA: &str = "444455556666";

/// Where the two accounts have events. The Region in Australia is nobody's business.
const PLACES: [Place; 6] = [
    (SHOP, "eu-west-1"),
    (SHOP, "us-east-1"),
    (DATA, "eu-west-1"),
    (DATA, "eu-central-1"),
    (DATA, "us-east-1"),
    (DATA, "ap-southeast-2"),
];

/// An event, and which trail it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When it happened, in seconds since the first day of the logs.
    pub second: u64,
    /// Whose it is.
    pub place: Place,
    /// The record.
    pub json: Vec<u8>,
}
