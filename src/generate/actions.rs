//! What each action leaves in the log.

use super::keys::{encode, encode_plus, encode_twice};
use super::random::{mix, mix2};
use super::scribe::Scribe;
use super::values::{object_size, push_version};
use super::world::{Action, Keys};

impl Scribe<'_> {
    /// Writes the records of an action that somebody calls for.
    pub(super) fn call(&mut self, action: Action) {
        match action {
            Action::Get => self.read("REST.GET.OBJECT", "GET"),
            Action::Website => self.read("WEBSITE.GET.OBJECT", "GET"),
            Action::Head => self.read("REST.HEAD.OBJECT", "HEAD"),
            Action::Put => self.put(),
            Action::Part => self.part(),
            Action::Upload => self.upload(),
            Action::List => self.list(),
            Action::Delete => self.delete(),
            Action::MultiDelete => self.multi_delete(),
            Action::Copy => self.copy(),
            Action::Settings => self.settings(),
            Action::Preflight => self.preflight(),
            Action::Expire | Action::Transition => {}
        }
    }

    fn read(&mut self, operation: &'static str, method: &str) {
        // One read in forty is of an object that is read once: a new partition, a fresh upload.
        let id = if self.random.below(40) == 0 { self.new_key() } else { self.old_key() };
        self.log_key();
        let query = if self.client.names_operation && method == "GET" { "?x-id=GetObject" } else { "" };
        self.request(method, true, query);
        self.line.operation = operation;
        let size = object_size(self.line.bucket.keys, id);
        let head = method == "HEAD";
        // Who reads a columnar file reads its footer, then column by column.
        let columnar = method == "GET" && self.line.bucket.keys == Keys::Lake;
        let requests = if columnar { 1 + self.random.rank(3) } else { 1 };
        for number in 0..requests {
            if number > 0 {
                self.line.renew_ids(&mut self.random);
                self.later();
            }
            self.outcome(size, head);
            self.version_of(id);
            self.emit();
        }
    }

    fn put(&mut self) {
        // Half of the uploads overwrite.
        let id = if self.random.below(2) == 0 { self.old_key() } else { self.new_key() };
        self.log_key();
        self.request("PUT", true, if self.client.names_operation { "?x-id=PutObject" } else { "" });
        self.done("REST.PUT.OBJECT", 200, Some(object_size(self.line.bucket.keys, id)));
        self.version_of(mix(id ^ self.line.request_id));
        self.emit();
    }

    /// A new upload's id.
    fn upload_id(&mut self) -> String {
        let mut id = Vec::with_capacity(100);
        let upload = self.random.bits();
        for place in 0..3 {
            push_version(&mut id, mix2(upload, place));
        }
        id.extend_from_slice(b"--");
        String::from_utf8(id).unwrap_or_default()
    }

    /// Parts of one upload, one after the other.
    fn part(&mut self) {
        self.old_key();
        self.log_key();
        let upload = self.upload_id();
        let first = u64::from(self.random.below(100)) + 1;
        for number in first..=first + self.random.rank(4) {
            if number > first {
                self.line.renew_ids(&mut self.random);
                self.later();
            }
            self.request("PUT", true, &format!("?partNumber={number}&uploadId={upload}"));
            self.done("REST.PUT.PART", 200, Some(8 << 20));
            self.line.version = b"-".to_vec();
            self.emit();
        }
    }

    fn upload(&mut self) {
        let id = self.old_key();
        self.log_key();
        if self.random.below(2) == 0 {
            self.request("POST", true, "?uploads");
            self.done("REST.POST.UPLOADS", 200, None);
            self.line.sent = Some(400);
        } else {
            let upload = self.upload_id();
            self.request("POST", true, &format!("?uploadId={upload}"));
            self.done("REST.POST.UPLOAD", 200, Some(object_size(self.line.bucket.keys, id) << 2));
            self.line.sent = Some(551);
        }
        self.version_of(id);
        self.emit();
    }

    fn without_key(&mut self) {
        self.line.key.clear();
        self.line.key.push(b'-');
        self.line.version.clear();
        self.line.version.push(b'-');
    }

    fn list(&mut self) {
        self.old_key();
        let end = self.raw.iter().rposition(|&b| b == b'/').map_or(0, |at| at + 1);
        let mut query = b"?list-type=2&delimiter=%2F&max-keys=1000&prefix=".to_vec();
        encode(self.raw.get(..end).unwrap_or_default(), &mut query);
        let query = String::from_utf8(query).unwrap_or_default().replace('/', "%2F");
        self.without_key();
        self.request("GET", false, &query);
        self.done("REST.GET.BUCKET", 200, None);
        self.line.sent = Some(300 + self.random.rank(18));
        self.emit();
    }

    fn delete(&mut self) {
        let id = self.old_key();
        self.log_key();
        self.request("DELETE", true, "");
        self.done("REST.DELETE.OBJECT", 204, Some(object_size(self.line.bucket.keys, id)));
        self.version_of(id);
        self.emit();
    }

    fn multi_delete(&mut self) {
        let keys = 2 + self.random.rank(6);
        self.without_key();
        self.request("POST", false, "?delete");
        self.done("REST.POST.MULTI_OBJECT_DELETE", 200, None);
        self.line.sent = Some(120 + 60 * keys);
        self.emit();
        self.line.uri = b"-".to_vec();
        (self.line.operation, self.line.status, self.line.error) = ("BATCH.DELETE.OBJECT", 204, "-");
        (self.line.sent, self.line.total, self.line.turnaround) = (None, None, None);
        (self.line.referrer, self.line.agent) = ("", "");
        for _ in 0..keys {
            let id = if self.random.below(2) == 0 { self.new_key() } else { self.old_key() };
            self.line.key.clear();
            encode_plus(&self.raw, &mut self.line.key);
            self.line.size = Some(object_size(self.line.bucket.keys, id));
            self.version_of(id);
            self.emit();
        }
    }

    fn copy(&mut self) {
        let source = self.old_key();
        self.line.key.clear();
        encode_twice(&self.raw, &mut self.line.key);
        let source_key = self.line.key.clone();
        self.source.clone_from(&self.raw);
        let size = object_size(self.line.bucket.keys, source);
        self.new_key();
        self.log_key();
        self.request("PUT", true, "");
        self.done("REST.COPY.OBJECT", 200, Some(size));
        self.line.sent = Some(234);
        self.line.version = b"-".to_vec();
        self.emit();
        self.line.renew_ids(&mut self.random);
        self.line.key = source_key;
        self.line.uri = b"-".to_vec();
        self.done("REST.COPY.OBJECT_GET", 200, Some(size));
        self.version_of(source);
        self.emit();
    }

    fn settings(&mut self) {
        let (operation, query) = self.random.pick(
            &[
                ("REST.GET.OBJECT_TAGGING", "?tagging"),
                ("REST.GET.ACL", "?acl"),
                ("REST.GET.LOCATION", "?location"),
                ("REST.GET.VERSIONING", "?versioning"),
                ("REST.GET.BUCKETPOLICY", "?policy"),
                ("REST.HEAD.BUCKET", ""),
            ],
            ("REST.GET.LOCATION", "?location"),
        );
        let about_object = operation == "REST.GET.OBJECT_TAGGING";
        self.without_key();
        if about_object {
            self.old_key();
            self.log_key();
        }
        self.request(if query.is_empty() { "HEAD" } else { "GET" }, about_object, query);
        self.done(operation, 200, None);
        self.line.sent = Some(140);
        self.emit();
    }

    fn preflight(&mut self) {
        self.old_key();
        self.log_key();
        self.request("OPTIONS", true, "");
        self.done("REST.OPTIONS.PREFLIGHT", 200, None);
        self.line.version = b"-".to_vec();
        self.emit();
    }

    /// Writes the record of an action that a lifecycle rule takes.
    pub(super) fn lifecycle(&mut self, action: Action) {
        let transition = action == Action::Transition;
        let id = if transition { self.old_key() } else { self.new_key() };
        let line = &mut self.line;
        line.key.clear();
        line.operation = if transition {
            let operations = ["S3.TRANSITION_SIA.OBJECT", "S3.TRANSITION_GIR.OBJECT", "S3.TRANSITION.OBJECT"];
            self.random.pick(&operations, "S3.TRANSITION.OBJECT")
        } else if line.bucket.versioned && self.random.below(2) == 0 {
            "S3.CREATE.DELETEMARKER"
        } else {
            "S3.EXPIRE.OBJECT"
        };
        if transition {
            encode_twice(&self.raw, &mut line.key);
        } else {
            encode_plus(&self.raw, &mut line.key);
        }
        line.ip = b"-".to_vec();
        line.requester = b"AmazonS3".to_vec();
        line.uri = b"\"-\"".to_vec();
        (line.status, line.error, line.sent, line.total, line.turnaround) = (0, "-", None, None, None);
        line.size = Some(object_size(line.bucket.keys, id));
        (line.referrer, line.agent, line.tail) = ("-", "-", ["-"; 8]);
        self.version_of(id);
        self.emit();
    }
}
