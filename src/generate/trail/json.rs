//! Writing JSON by hand: the order of members is CloudTrail's, whatever features other crates switch on in `serde_json`.

/// An object or list that is being written.
#[derive(Debug, Default)]
pub struct Json {
    out: Vec<u8>,
    comma: bool,
}

impl Json {
    /// What the closure writes, as an object.
    pub fn of(inside: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut json = Self::default();
        json.nest(b"{}", inside);
        json.out
    }

    fn nest(&mut self, [open, close]: &[u8; 2], inside: impl FnOnce(&mut Self)) {
        self.out.push(*open);
        self.comma = false;
        inside(self);
        self.out.push(*close);
        self.comma = true;
    }

    fn separate(&mut self) {
        if std::mem::replace(&mut self.comma, true) {
            self.out.push(b',');
        }
    }

    fn name(&mut self, name: &str) {
        self.separate();
        push_text(&mut self.out, name);
        self.out.push(b':');
    }

    /// A member that is a text.
    pub fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        push_text(&mut self.out, value);
    }

    /// A member that is a text, unless the access log has none.
    pub fn known(&mut self, name: &str, value: &str) {
        if !matches!(value, "" | "-") {
            self.text(name, value);
        }
    }

    /// A member that is JSON already.
    pub fn raw(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.name(name);
        self.out.extend_from_slice(value.as_ref());
    }

    /// A member that is an object.
    pub fn object(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.name(name);
        self.nest(b"{}", inside);
    }

    /// A member that is a list.
    pub fn list(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.name(name);
        self.nest(b"[]", inside);
    }

    /// An object in a list.
    pub fn item(&mut self, inside: impl FnOnce(&mut Self)) {
        self.separate();
        self.nest(b"{}", inside);
    }
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_have_commas_between_them_and_texts_are_escaped() {
        let json = Json::of(|json| {
            json.text("a", "x\"\\\n");
            json.known("b", "-");
            json.list("c", |json| {
                json.item(|json| json.raw("d", "1"));
                json.item(|_| {});
            });
            json.object("e", |json| json.text("f", "ü"));
        });
        assert_eq!(String::from_utf8(json).unwrap(), r#"{"a":"x\"\\\u000a","c":[{"d":1},{}],"e":{"f":"ü"}}"#);
    }
}
