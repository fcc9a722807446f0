//! Turns random numbers into what happens to buckets, and that into the records that S3 writes about it.

use super::keys::{Day, encode, encode_twice, write_key};
use super::line::{Line, push_hex};
use super::random::{Random, Weighted, mix, mix2};
use super::trail::{Recorder, Request};
use super::values::{push_version, write_address, write_requester};
use super::world::{Action, BUCKETS, Bucket, Client, Keys, Net, Who};

/// The tables that all blocks share.
#[derive(Debug)]
pub struct World {
    /// `HISTORY_DAYS` days before the first day of the logs, then the days of the logs.
    pub days: Vec<Day>,
    buckets: Weighted,
    tables: Vec<(Weighted, Weighted)>,
}

/// Old objects are up to this old when the logs begin.
pub const HISTORY_DAYS: usize = 60;

impl World {
    /// The tables for logs of these days (with the `HISTORY_DAYS` before them).
    pub fn new(days: Vec<Day>) -> Self {
        let tables = BUCKETS.iter().map(|bucket| {
            (Weighted::new(bucket.actions.iter().map(|a| a.1)), Weighted::new(bucket.clients.iter().map(|c| c.1)))
        });
        Self { days, buckets: Weighted::new(BUCKETS.iter().map(|b| b.weight)), tables: tables.collect() }
    }
}

const REFERRERS: [&str; 8] = [
    "https://www.shop.example/",
    "https://www.shop.example/search?q=lamp",
    "https://www.shop.example/cart",
    "https://m.shop.example/",
    "https://www.google.com/",
    "https://www.pinterest.com/",
    "https://www.shop.example/blog/",
    "https://www.bing.com/",
];

/// Writes records into a buffer.
#[derive(Debug)]
pub struct Scribe<'w> {
    world: &'w World,
    pub(super) random: Random,
    pub(super) line: Line,
    pub(super) raw: Vec<u8>,
    /// The key that a copy is made of.
    pub(super) source: Vec<u8>,
    /// Records for CloudTrail, if that is wanted. Draws no random numbers: the log stays the same.
    pub trail: Option<Recorder>,
    pub(super) day: usize,
    pub(super) bucket_index: usize,
    /// The session that calls: what it decides is the same in all its requests.
    session: u64,
    pub(super) client: &'static Client,
    /// What has been written.
    pub out: Vec<u8>,
}

impl<'w> Scribe<'w> {
    /// A scribe with its own random numbers.
    pub fn new(world: &'w World, random: Random) -> Self {
        let bucket: &'static Bucket = &BUCKETS[0];
        let client = bucket.clients[0].0;
        let (raw, source, out) = (Vec::with_capacity(1024), Vec::new(), Vec::new());
        let line = Line::new(bucket);
        Self { world, random, line, raw, source, trail: None, day: 0, bucket_index: 0, session: 0, client, out }
    }

    /// Writes what one action at `second` (since the start of the first day of the logs) leaves in the log: a record, or
    /// several that belong together. `only` restricts it to one bucket.
    pub fn act(&mut self, second: u64, only: Option<usize>) {
        self.day = HISTORY_DAYS + (second / 86_400) as usize;
        self.line.second = (second % 86_400) as u32;
        self.bucket_index = only.unwrap_or_else(|| self.world.buckets.draw(&mut self.random));
        let bucket = &BUCKETS[self.bucket_index];
        let (actions, clients) = &self.world.tables[self.bucket_index];
        let action = bucket.actions[actions.draw(&mut self.random)].0;
        let mut client_index = clients.draw(&mut self.random);
        if !matches!(action, Action::Get | Action::Head | Action::Website | Action::Preflight) {
            let writer = |index: &usize| bucket.clients.get(*index).is_some_and(|(client, _)| client.writes);
            client_index = (client_index..bucket.clients.len()).chain(0..client_index).find(writer).unwrap_or(0);
        }
        self.client = bucket.clients[client_index].0;
        self.line.bucket = bucket;
        self.line.renew_ids(&mut self.random);
        if matches!(action, Action::Expire | Action::Transition) {
            self.lifecycle(action);
        } else {
            self.caller(client_index);
            self.call(action);
        }
    }

    pub(super) fn emit(&mut self) {
        self.line.write(&self.world.days[self.day], &mut self.out);
        let Some(trail) = &mut self.trail else { return };
        let second = (self.day - HISTORY_DAYS) as u64 * 86_400 + u64::from(self.line.second);
        let (line, client) = (&self.line, self.client);
        trail.record(Request { line, key: &self.raw, source: &self.source, client, second }, &self.world.days);
    }

    /// Moves on to the next request of the same caller, within the day.
    pub(super) fn later(&mut self) {
        self.line.second = (self.line.second + self.random.below(2)).min(86_399);
    }

    /// Fills in what depends on who calls.
    fn caller(&mut self, client_index: usize) {
        let client = self.client;
        let rank = self.random.rank(client.session_bits);
        let session = mix2(((self.bucket_index as u64) << 8) | client_index as u64, rank);
        self.session = session;
        self.line.agent = client.agents[(session >> 32) as usize % client.agents.len().max(1)];
        write_requester(client.who, session, &mut self.line.requester);
        write_address(client.net, mix(session), &mut self.line.ip);
        let browser = client.net == Net::Internet && client.session_bits > 10;
        let linked = browser && self.random.per_mille(550);
        self.line.referrer = if linked { self.random.pick(&REFERRERS, "-") } else { "-" };
        let bucket = self.line.bucket;
        let [tls, cipher] = match (session >> 8) % 100 {
            _ if client.sigv == "SigV2" => ["TLSv1.1", "ECDHE-RSA-AES128-SHA"],
            0..=66 => ["TLSv1.3", "TLS_AES_128_GCM_SHA256"],
            67..=95 => ["TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256"],
            _ => ["TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384"],
        };
        let second_host = (session >> 16) % 100 < 8;
        let endpoint = bucket.endpoints[usize::from(second_host)];
        let access_point = bucket.access_point.filter(|_| second_host).unwrap_or("-");
        let acl = if client.sigv == "SigV2" || (session >> 24).is_multiple_of(200) { "Yes" } else { "-" };
        let region = match client.net {
            Net::Internet => "-",
            _ if (session >> 40).is_multiple_of(16) => "us-east-1",
            _ => bucket.region,
        };
        self.line.tail = [client.sigv, cipher, client.auth, endpoint, tls, access_point, acl, region];
    }

    /// Makes the raw key of an object that has been there for long.
    pub(super) fn old_key(&mut self) -> u64 {
        let bucket = self.line.bucket;
        let id = mix2(self.bucket_index as u64 + 1000, self.random.rank(bucket.key_bits));
        self.raw.clear();
        write_key(bucket.keys, id, &self.world.days[(id % HISTORY_DAYS as u64) as usize], &mut self.raw);
        id
    }

    /// Makes the raw key of an object that no other record names, or hardly any.
    pub(super) fn new_key(&mut self) -> u64 {
        let id = self.random.bits();
        self.raw.clear();
        write_key(self.line.bucket.keys, id, &self.world.days[self.day], &mut self.raw);
        id
    }

    pub(super) fn log_key(&mut self) {
        self.line.key.clear();
        encode_twice(&self.raw, &mut self.line.key);
    }

    /// Writes the quoted request line for the raw key (with `Some`) or for the bucket.
    pub(super) fn request(&mut self, method: &str, with_key: bool, query: &str) {
        let uri = &mut self.line.uri;
        uri.clear();
        uri.push(b'"');
        uri.extend_from_slice(method.as_bytes());
        uri.extend_from_slice(b" /");
        if with_key {
            encode(&self.raw, uri);
        }
        uri.extend_from_slice(query.as_bytes());
        if self.client.auth == "QueryString" {
            uri.push(if query.is_empty() { b'?' } else { b'&' });
            uri.extend_from_slice(b"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIAQXAMPLE");
            push_hex(uri, mix(self.session), 9);
            uri.extend_from_slice(b"/s3/aws4_request&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=");
            for _ in 0..4 {
                push_hex(uri, self.random.bits(), 16);
            }
        }
        uri.extend_from_slice(b" HTTP/1.1\"");
    }

    /// How a read ends.
    pub(super) fn outcome(&mut self, size: u64, head: bool) {
        let cached = self.client.net != Net::Vpc && self.line.bucket.keys != Keys::Lake;
        let ranged = matches!(self.line.bucket.keys, Keys::Lake | Keys::Backups);
        let refused = matches!(self.client.who, Who::Anonymous) && self.line.bucket.keys == Keys::Uploads;
        let (status, error, sent, size) = match self.random.below(1000) {
            0..700 if refused => (403, "AccessDenied", Some(243), None),
            0..3 => (503, "SlowDown", Some(379), Some(size)),
            3 => (500, "InternalError", Some(282), Some(size)),
            4..20 => (403, "AccessDenied", Some(243), None),
            20..50 => (404, "NoSuchKey", Some(290 + self.raw.len() as u64), None),
            50..110 if cached => (304, "-", None, Some(size)),
            110..600 if ranged && !head => {
                (206, "-", Some(8 + (self.random.bits() & 0xFFFFF) % size.max(9)), Some(size))
            }
            110..130 if !head => (206, "-", Some(size / 2 + 1), Some(size)),
            _ => (200, "-", if head { None } else { Some(size) }, Some(size)),
        };
        // The answer to HEAD has no body, so it has no error text either.
        self.line.sent = if head && status != 200 { None } else { sent };
        (self.line.status, self.line.error, self.line.size) = (status, error, size);
        self.times(sent.unwrap_or(0));
    }

    pub(super) fn times(&mut self, bytes: u64) {
        let bits = self.random.bits();
        let octave = 2 + (bits & 0xFF).count_ones();
        let turnaround = (1 << octave) + ((bits >> 8) & ((1 << octave) - 1));
        // Between 20 and 80 bytes a microsecond on the way.
        let transfer = bytes / (20_000 + (bits >> 32) % 60_000);
        self.line.turnaround = Some(turnaround);
        self.line.total = Some(turnaround + transfer + (bits >> 24) % 6);
    }

    pub(super) fn version_of(&mut self, id: u64) {
        self.line.version.clear();
        if self.line.bucket.versioned && self.line.status < 400 {
            push_version(&mut self.line.version, id);
        } else {
            self.line.version.push(b'-');
        }
    }

    pub(super) fn done(&mut self, operation: &'static str, status: u16, size: Option<u64>) {
        (self.line.operation, self.line.status, self.line.error) = (operation, status, "-");
        (self.line.sent, self.line.size) = (None, size);
        self.times(size.unwrap_or(0));
        if self.random.below(400) == 0 {
            let slow = self.random.below(3) == 0;
            (self.line.status, self.line.error) = if slow { (503, "SlowDown") } else { (403, "AccessDenied") };
            self.line.sent = Some(243);
        }
    }
}
