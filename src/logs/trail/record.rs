//! One record: where its members stand, and the columns that are drawn out of them.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::json::{Cursor, Stop, elements, pick, present, scalar, text, unescape};
use crate::logs::time::days_from_civil;

/// The members of a record that have columns. The order is that of [`MEMBERS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
#[allow(missing_docs, reason = "named after the members")]
pub enum Member {
    EventTime,
    EventName,
    EventSource,
    EventType,
    EventCategory,
    EventVersion,
    AwsRegion,
    SourceIpAddress,
    UserAgent,
    ErrorCode,
    ErrorMessage,
    RequestId,
    EventId,
    SharedEventId,
    ReadOnly,
    ManagementEvent,
    RecipientAccountId,
    VpcEndpointId,
    VpcEndpointAccountId,
    UserIdentity,
    RequestParameters,
    ResponseElements,
    AdditionalEventData,
    Resources,
    TlsDetails,
    ServiceEventDetails,
}

/// The members' names, as CloudTrail writes them (CloudTrail user guide, "CloudTrail record contents").
const MEMBERS: [&str; 26] = [
    "eventTime",
    "eventName",
    "eventSource",
    "eventType",
    "eventCategory",
    "eventVersion",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
    "errorCode",
    "errorMessage",
    "requestID",
    "eventID",
    "sharedEventID",
    "readOnly",
    "managementEvent",
    "recipientAccountId",
    "vpcEndpointId",
    "vpcEndpointAccountId",
    "userIdentity",
    "requestParameters",
    "responseElements",
    "additionalEventData",
    "resources",
    "tlsDetails",
    "serviceEventDetails",
];

/// Why something in a file is no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reject {
    /// The file is none of CloudTrail's: no document with `Records`.
    NotCloudTrail,
    /// The file ends, or is damaged, before its document does.
    CutShort,
    /// What stands between two records, or behind them, is out of place: what follows cannot be told apart.
    OutOfPlace,
    /// A record of more bytes than are held.
    TooLong,
    /// A record that is nested too deep.
    TooDeep,
    /// No JSON.
    Malformed,
    /// JSON, and no object.
    NoObject,
    /// No `eventTime`.
    NoTime,
    /// An `eventTime` that is no time.
    BadTime,
    /// No `eventID`, nor the version of a record that may have none.
    NoEventId,
}

impl Reject {
    /// The reason as counts and reject files name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotCloudTrail => "not_cloudtrail",
            Self::CutShort => "cut_short",
            Self::OutOfPlace => "out_of_place",
            Self::TooLong => "too_long",
            Self::TooDeep => "too_deep",
            Self::Malformed => "malformed",
            Self::NoObject => "no_object",
            Self::NoTime => "no_event_time",
            Self::BadTime => "bad_event_time",
            Self::NoEventId => "no_event_id",
        }
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a record's members stand. Kept from record to record for its memory.
#[derive(Debug, Clone, Default)]
pub struct Spans {
    values: [Option<(u32, u32)>; MEMBERS.len()],
    /// Key with its quotes, and value, of members that have no column.
    others: Vec<[Range<usize>; 2]>,
}

impl Spans {
    /// Finds the members of the object that `text` begins with, and where it ends. A name that stands twice has its last
    /// value, as for most readers.
    ///
    /// # Errors
    /// Where it cannot be told where the object ends.
    pub fn find(&mut self, text: &[u8]) -> Result<usize, Stop> {
        self.values = [None; MEMBERS.len()];
        self.others.clear();
        let mut cursor = Cursor::new(text);
        cursor.expect(b'{')?;
        if cursor.next_sign()? == b'}' {
            return Ok(cursor.at + 1);
        }
        // CloudTrail writes the members in much the same order each time.
        let mut likely = 0;
        loop {
            if cursor.next_sign()? != b'"' {
                return Err(Stop::Wrong);
            }
            let from = cursor.at;
            let escaped = cursor.string()?;
            let key = from..cursor.at;
            cursor.expect(b':')?;
            cursor.next_sign()?;
            let from = cursor.at;
            cursor.value(1)?;
            let value = from..cursor.at;
            let name = text.get(key.start + 1..key.end - 1).unwrap_or_default();
            let member = if escaped { number(&unescape(name), &mut likely) } else { number(name, &mut likely) };
            match member {
                Some(member) => self.values[member] = Some((value.start as u32, value.end as u32)),
                None => self.others.push([key, value]),
            }
            match cursor.next_sign()? {
                b',' => cursor.at += 1,
                b'}' => return Ok(cursor.at + 1),
                _ => return Err(Stop::Wrong),
            }
        }
    }
}

/// Whether records have a member of this name.
pub fn is_member(name: &[u8]) -> bool {
    MEMBERS.iter().any(|member| member.as_bytes() == name)
}

/// Which member has this name.
#[inline]
fn number(name: &[u8], likely: &mut usize) -> Option<usize> {
    let found = NEXT[*likely].iter().copied().find(|at| MEMBERS[*at as usize].as_bytes() == name).map(usize::from);
    let found = found.or_else(|| MEMBERS.iter().position(|member| member.as_bytes() == name));
    if let Some(found) = found {
        *likely = found + 1;
    }
    found
}

/// What follows a member, mostly: first at the beginning, then behind each member. Decides nothing but the speed.
const NEXT: [[u8; 2]; MEMBERS.len() + 1] = {
    use Member::*;
    const fn pair(a: Member, b: Member) -> [u8; 2] {
        [a as u8, b as u8]
    }
    let mut next = [[0, 0]; MEMBERS.len() + 1];
    next[0] = pair(EventVersion, EventTime);
    next[EventVersion as usize + 1] = pair(UserIdentity, EventTime);
    next[UserIdentity as usize + 1] = pair(EventTime, EventName);
    next[EventTime as usize + 1] = pair(EventSource, EventName);
    next[EventSource as usize + 1] = pair(EventName, AwsRegion);
    next[EventName as usize + 1] = pair(AwsRegion, EventSource);
    next[AwsRegion as usize + 1] = pair(SourceIpAddress, UserAgent);
    next[SourceIpAddress as usize + 1] = pair(UserAgent, RequestParameters);
    next[UserAgent as usize + 1] = pair(RequestParameters, ErrorCode);
    next[ErrorCode as usize + 1] = pair(ErrorMessage, RequestParameters);
    next[ErrorMessage as usize + 1] = pair(RequestParameters, ResponseElements);
    next[RequestParameters as usize + 1] = pair(ResponseElements, AdditionalEventData);
    next[ResponseElements as usize + 1] = pair(RequestId, AdditionalEventData);
    next[AdditionalEventData as usize + 1] = pair(RequestId, EventId);
    next[RequestId as usize + 1] = pair(EventId, ReadOnly);
    next[EventId as usize + 1] = pair(ReadOnly, EventType);
    next[ReadOnly as usize + 1] = pair(EventType, Resources);
    next[Resources as usize + 1] = pair(EventType, ManagementEvent);
    next[EventType as usize + 1] = pair(ManagementEvent, RecipientAccountId);
    next[ManagementEvent as usize + 1] = pair(RecipientAccountId, EventCategory);
    next[RecipientAccountId as usize + 1] = pair(EventCategory, SharedEventId);
    next[SharedEventId as usize + 1] = pair(VpcEndpointId, EventCategory);
    next[VpcEndpointId as usize + 1] = pair(VpcEndpointAccountId, EventCategory);
    next[VpcEndpointAccountId as usize + 1] = pair(EventCategory, TlsDetails);
    next[EventCategory as usize + 1] = pair(TlsDetails, TlsDetails);
    next
};

/// A record, as it stands in its file.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    text: &'a [u8],
    spans: &'a Spans,
    /// Milliseconds since the epoch, UTC.
    pub eventtime: i64,
    /// Whether all of it is UTF-8, as JSON has to be.
    pub is_utf8: bool,
}

impl<'a> Record<'a> {
    /// The record whose members were found in `text`.
    ///
    /// # Errors
    /// Why it is no event.
    pub fn new(text: &'a [u8], spans: &'a Spans) -> Result<Self, Reject> {
        let is_utf8 = simdutf8::basic::from_utf8(text).is_ok();
        let mut record = Self { text, spans, eventtime: 0, is_utf8 };
        let time = present(record.raw(Member::EventTime)).ok_or(Reject::NoTime)?;
        record.eventtime = time.strip_prefix(b"\"").and_then(time_of).ok_or(Reject::BadTime)?;
        match scalar(record.raw(Member::EventId)) {
            Some(id) if !id.is_empty() => Ok(record),
            // Records have ids since version 1.01 (CloudTrail user guide, "CloudTrail record contents"). Notices of S3, which
            // are `Records` too, have versions from 2.0 on.
            _ if record.text(Member::EventVersion).is_some_and(|version| version.starts_with(b"1.")) => Ok(record),
            _ => Err(Reject::NoEventId),
        }
    }

    /// A member's value as it stands; `null` where that is written.
    #[inline]
    pub fn raw(&self, member: Member) -> Option<&'a [u8]> {
        let (from, to) = self.spans.values[member as usize]?;
        self.text.get(from as usize..to as usize)
    }

    /// A member as text.
    #[inline]
    pub fn text(&self, member: Member) -> Option<Cow<'a, [u8]>> {
        text(self.raw(member))
    }

    /// A member as JSON.
    #[inline]
    pub fn json(&self, member: Member) -> Option<&'a [u8]> {
        present(self.raw(member))
    }

    /// Whether the event is one of S3 in any of its forms (`s3.amazonaws.com`, `s3express.amazonaws.com` …).
    pub fn is_of_s3(&self) -> bool {
        self.raw(Member::EventSource).is_some_and(|source| source.starts_with(b"\"s3"))
    }

    /// What has no column of its own, as an object; absent if there is nothing.
    pub fn extra(&self) -> Option<Vec<u8>> {
        let mut extra = Vec::new();
        for [key, value] in &self.spans.others {
            extra.push(if extra.is_empty() { b'{' } else { b',' });
            extra.extend_from_slice(self.text.get(key.clone()).unwrap_or_default());
            extra.push(b':');
            extra.extend_from_slice(self.text.get(value.clone()).unwrap_or_default());
        }
        if !extra.is_empty() {
            extra.push(b'}');
        }
        (!extra.is_empty()).then_some(extra)
    }
}

/// `2026-06-01T12:00:00Z"`, or with a fraction or an offset, in milliseconds since the epoch.
fn time_of(text: &[u8]) -> Option<i64> {
    if let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', n0, n1, b':', s0, s1, b'Z', b'"'] = text {
        let digits = [y0, y1, y2, y3, m0, m1, d0, d1, h0, h1, n0, n1, s0, s1];
        if digits.iter().all(|digit| digit.is_ascii_digit()) {
            let number = |digits: &[&u8]| digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(**digit - b'0'));
            let (month, day) = (number(&digits[4..6]), number(&digits[6..8]));
            let (hour, minute, second) = (number(&digits[8..10]), number(&digits[10..12]), number(&digits[12..14]));
            if (1..=12).contains(&month) && (1..=28).contains(&day) && hour < 24 && minute < 60 && second < 60 {
                let days = days_from_civil(number(&digits[..4]), month, day);
                return Some(((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000);
            }
        }
    }
    let text = unescape(text.strip_suffix(b"\"")?);
    let time: jiff::Timestamp = std::str::from_utf8(&text).ok()?.parse().ok()?;
    // Folders of partitions have years of four digits.
    let year = time.to_zoned(jiff::tz::TimeZone::UTC).year();
    (0..=9999).contains(&year).then(|| time.as_nanosecond().div_euclid(1_000_000) as i64)
}

/// How many columns are drawn out of `userIdentity`.
pub const IDENTITY_COLUMNS: usize = 13;

/// The columns `useridentity_type` to `session_issuer_username` of a `userIdentity`.
pub fn identity(raw: &[u8]) -> [Option<Cow<'_, [u8]>>; IDENTITY_COLUMNS] {
    let names = ["type", "principalId", "arn", "accountId", "userName", "invokedBy", "accessKeyId", "sessionContext"];
    let [kind, principal, arn, account, user, invoked_by, access_key, session] = pick(Some(raw), names);
    let [attributes, issuer] = pick(session, ["attributes", "sessionIssuer"]);
    let [mfa] = pick(attributes, ["mfaAuthenticated"]);
    let [issuer_type, issuer_principal, issuer_arn, issuer_account, issuer_user] =
        pick(issuer, ["type", "principalId", "arn", "accountId", "userName"]);
    [
        kind,
        principal,
        arn,
        account,
        user,
        invoked_by,
        access_key,
        mfa,
        issuer_type,
        issuer_principal,
        issuer_arn,
        issuer_account,
        issuer_user,
    ]
    .map(scalar)
}

/// What is drawn out of `requestParameters`.
#[allow(missing_docs, reason = "named after the columns")]
pub struct Request<'a> {
    pub bucket_name: Option<Cow<'a, [u8]>>,
    pub key: Option<Cow<'a, [u8]>>,
    pub versionid: Option<Cow<'a, [u8]>>,
    pub copy_source: Option<Cow<'a, [u8]>>,
}

impl<'a> Request<'a> {
    /// Reads a record's.
    pub fn of(record: &Record<'a>) -> Self {
        let raw = record.raw(Member::RequestParameters);
        let mut columns =
            pick(raw, ["bucketName", "key", "versionId", "x-amz-copy-source"]).map(|value| scalar(only(value)));
        if (columns[0].is_none() || columns[1].is_none()) && record.is_of_s3() {
            let (bucket, key) = resource(record.raw(Member::Resources));
            let [bucket_name, own_key, ..] = &mut columns;
            if bucket_name.is_none() {
                *bucket_name = bucket;
            }
            if own_key.is_none() {
                *own_key = key;
            }
        }
        let [bucket_name, key, versionid, copy_source] = columns;
        Self { bucket_name, key, versionid, copy_source }
    }
}

/// What is the only one in a list; what is no list as it stands. Values of headers and of the query stand in a list at
/// times, as they may come more than once.
fn only(value: Option<&[u8]>) -> Option<&[u8]> {
    let Some(list) = value.filter(|value| value.first() == Some(&b'[')) else { return value };
    let mut all = elements(list);
    all.next().filter(|_| all.next().is_none())
}

type Text<'a> = Option<Cow<'a, [u8]>>;

/// The first bucket and the first key that ARNs of S3 name: `arn:aws:s3:::bucket/key`.
fn resource(raw: Option<&[u8]>) -> (Text<'_>, Text<'_>) {
    let (mut bucket, mut key) = (None, None);
    for [arn] in raw.into_iter().flat_map(elements).map(|one| pick(Some(one), ["ARN"])) {
        let Some(arn) = scalar(arn) else { continue };
        let Some(rest) = s3_path(&arn) else { continue };
        let (own, path) = match memchr::memchr(b'/', rest) {
            Some(slash) => (rest.get(..slash), rest.get(slash + 1..).filter(|path| !path.is_empty())),
            None => (Some(rest), None),
        };
        let owned = |text: Option<&[u8]>| text.map(|text| Cow::Owned(text.to_vec()));
        bucket = bucket.or_else(|| owned(own.filter(|own| !own.is_empty())));
        key = key.or_else(|| owned(path));
    }
    (bucket, key)
}

/// What follows `arn:PARTITION:s3:::`.
fn s3_path(arn: &[u8]) -> Option<&[u8]> {
    let rest = arn.strip_prefix(b"arn:")?;
    let partition = memchr::memchr(b':', rest)?;
    rest.get(partition..)?.strip_prefix(b":s3:::")
}

/// The ARN of the first access point among `resources`.
pub fn access_point(raw: Option<&[u8]>) -> Option<Cow<'_, [u8]>> {
    const KIND: &[u8] = b"AWS::S3::AccessPoint";
    let raw = raw.filter(|raw| memchr::memmem::find(raw, KIND).is_some())?;
    elements(raw).find_map(|one| {
        let [kind, arn] = pick(Some(one), ["type", "ARN"]);
        scalar(kind).filter(|kind| kind.as_ref() == KIND).and_then(|_| scalar(arn))
    })
}

/// What is drawn out of `additionalEventData`.
#[allow(missing_docs, reason = "named after the columns")]
pub struct Additional<'a> {
    pub bytesin: Option<i64>,
    pub bytesout: Option<i64>,
    pub sigv: Option<Cow<'a, [u8]>>,
    pub authtype: Option<Cow<'a, [u8]>>,
    pub ciphersuite: Option<Cow<'a, [u8]>>,
    pub aclrequired: Option<Cow<'a, [u8]>>,
    pub hostid: Option<Cow<'a, [u8]>>,
}

impl<'a> Additional<'a> {
    /// Reads a record's.
    pub fn of(record: &Record<'a>) -> Self {
        let names = [
            "bytesTransferredIn",
            "bytesTransferredOut",
            "SignatureVersion",
            "AuthenticationMethod",
            "CipherSuite",
            "aclRequired",
            "x-amz-id-2",
            // As directory buckets and tables write them (S3 user guide, "CloudTrail log file examples for directory buckets").
            "cipherSuite",
            "xAmzId2",
        ];
        let [bytes_in, bytes_out, texts @ ..] = pick(record.raw(Member::AdditionalEventData), names);
        let [sigv, authtype, ciphersuite, aclrequired, hostid, other_cipher, other_id] = texts.map(scalar);
        let (ciphersuite, hostid) = (ciphersuite.or(other_cipher), hostid.or(other_id));
        let (bytesin, bytesout) = (super::json::count(bytes_in), super::json::count(bytes_out));
        Self { bytesin, bytesout, sigv, authtype, ciphersuite, aclrequired, hostid }
    }
}

/// The TLS version, the cipher suite and the host that the client named, of a `tlsDetails`.
pub fn tls(raw: &[u8]) -> [Option<Cow<'_, [u8]>>; 3] {
    pick(Some(raw), ["tlsVersion", "cipherSuite", "clientProvidedHostHeader"]).map(scalar)
}
