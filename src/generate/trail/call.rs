//! A call of a service, and the record that CloudTrail makes of it.

use super::json::Json;
use super::{Event, Place};
use crate::generate::keys::Day;
use crate::generate::line::push_hex;
use crate::generate::random::{mix, mix2};
use crate::generate::scribe::HISTORY_DAYS;

/// A call. The order of a record's members is that of "CloudTrail log file examples" in the CloudTrail user guide.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// Seconds since the first day of the logs.
    pub second: u64,
    /// Which trail records it.
    pub place: Place,
    /// `userIdentity`.
    pub identity: Vec<u8>,
    /// `eventSource`, without `.amazonaws.com`.
    pub service: &'static str,
    /// `eventName`.
    pub name: &'static str,
    /// `sourceIPAddress`.
    pub address: &'a str,
    /// `userAgent`.
    pub agent: &'a str,
    /// `errorCode` and `errorMessage`; a code of `""` leaves the message alone, as sign-ins have it.
    pub error: Option<(&'static str, &'static str)>,
    /// `requestParameters`.
    pub request: Vec<u8>,
    /// `responseElements`.
    pub response: Vec<u8>,
    /// `additionalEventData`, where there is one.
    pub additional: Option<Vec<u8>>,
    /// `requestID`.
    pub request_id: String,
    /// What `eventID` is made of.
    pub id: u64,
    /// `readOnly`.
    pub read_only: bool,
    /// `resources`, where there are any.
    pub resources: Option<Vec<u8>>,
    /// `eventType`.
    pub kind: &'static str,
    /// Whether it is a management event; a data event otherwise.
    pub management: bool,
    /// What `sharedEventID` is made of, where another trail has the event too.
    pub shared: Option<u64>,
    /// `vpcEndpointId`.
    pub endpoint: Option<&'static str>,
    /// `tlsDetails`: version, cipher suite, host.
    pub tls: [&'a str; 3],
}

/// JSON's word for nothing.
pub const NULL: &[u8] = b"null";

impl Call<'_> {
    /// The record of it.
    pub fn event(&self, days: &[Day]) -> Event {
        let json = Json::of(|json| self.write(json, &time(days, self.second)));
        Event { second: self.second, place: self.place, json }
    }

    fn write(&self, json: &mut Json, time: &str) {
        json.text("eventVersion", "1.11");
        json.raw("userIdentity", &self.identity);
        json.text("eventTime", time);
        json.text("eventSource", &format!("{}.amazonaws.com", self.service));
        json.text("eventName", self.name);
        json.text("awsRegion", self.place.1);
        json.text("sourceIPAddress", self.address);
        json.text("userAgent", self.agent);
        if let Some((code, message)) = self.error {
            json.known("errorCode", code);
            json.text("errorMessage", message);
        }
        json.raw("requestParameters", &self.request);
        json.raw("responseElements", &self.response);
        if let Some(additional) = &self.additional {
            json.raw("additionalEventData", additional);
        }
        json.text("requestID", &self.request_id);
        json.text("eventID", &uuid(self.id));
        json.raw("readOnly", if self.read_only { "true" } else { "false" });
        if let Some(resources) = &self.resources {
            json.raw("resources", resources);
        }
        json.text("eventType", self.kind);
        json.raw("managementEvent", if self.management { "true" } else { "false" });
        json.text("recipientAccountId", self.place.0);
        if let Some(shared) = self.shared {
            json.text("sharedEventID", &uuid(shared));
        }
        if let Some(endpoint) = self.endpoint {
            json.text("vpcEndpointId", endpoint);
            json.text("vpcEndpointAccountId", self.place.0);
        }
        json.text("eventCategory", if self.management { "Management" } else { "Data" });
        let [version, cipher, host] = self.tls;
        if version != "-" {
            json.object("tlsDetails", |json| {
                json.text("tlsVersion", version);
                json.text("cipherSuite", cipher);
                json.text("clientProvidedHostHeader", host);
            });
        }
    }
}

/// A time, as records have it.
pub fn time(days: &[Day], second: u64) -> String {
    let [hour, minute, rest] = [second / 3600 % 24, second / 60 % 60, second % 60];
    format!("{}T{hour:02}:{minute:02}:{rest:02}Z", date(days, second, "-"))
}

/// The date of a time.
pub fn date(days: &[Day], second: u64, between: &str) -> String {
    days.get(HISTORY_DAYS + (second / 86_400) as usize).map_or_else(String::new, |day| day.parts.join(between))
}

/// An id in the form of a UUID.
pub fn uuid(id: u64) -> String {
    let (high, low) = (mix(id), mix2(id, 1));
    let mut out = Vec::with_capacity(36);
    for (value, digits) in [(high >> 32, 8), (high >> 16, 4), (high & 0xFFF | 0x4000, 4), (low >> 50 | 0x8000, 4)] {
        push_hex(&mut out, value, digits);
        out.push(b'-');
    }
    push_hex(&mut out, low, 12);
    String::from_utf8(out).unwrap_or_default()
}
