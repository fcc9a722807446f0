//! Athena's CSV: every value stands in quotes, a quote in it is doubled, and null is a field of nothing at all (so it differs
//! from an empty text, which is two quotes). Lines end with a line feed. The Athena User Guide says only that results are
//! CSV ("Work with query results and recent queries"); this form is what clients that read the files have found, PyAthena
//! ("NULL and Empty String Handling") among them. Values without quotes are read too.

use std::io::{self, BufRead, BufReader, Read};

use crate::{Error, Result};

/// A row of more bytes is taken for damage: Athena's own limit for a row is 32 MB (Athena User Guide, "Service Quotas").
const ROW_AT_MOST: usize = 64 << 20;

/// What is read at once.
const BUFFER: usize = 128 << 10;

/// Rows, one after another; no more than one is held.
pub struct Rows<R> {
    input: BufReader<R>,
    /// The values of the row, one behind the other.
    text: Vec<u8>,
    /// Where each ends, and whether it is null.
    ends: Vec<(usize, bool)>,
}

/// Where in a field the reader stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// Nothing of it has been read.
    Start,
    /// In a value without quotes.
    Plain,
    /// Between quotes.
    Quoted,
    /// Behind a quote that ends the value, or is the first of two.
    Quote,
}

impl<R: Read> Rows<R> {
    /// The rows of `input`, the one with the names among them.
    pub fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(BUFFER, input), text: Vec::new(), ends: Vec::new() }
    }

    /// The next row's values; `None` behind the last.
    ///
    /// # Errors
    /// If the input cannot be read, or is no such CSV.
    pub fn next_row(&mut self) -> Result<Option<Vec<Option<&str>>>> {
        if !self.read_row()? {
            return Ok(None);
        }
        let text = std::str::from_utf8(&self.text).map_err(|_| damaged("it holds bytes that are no text"))?;
        let mut start = 0;
        let mut values = Vec::with_capacity(self.ends.len());
        for &(end, null) in &self.ends {
            let value = text.get(start..end).ok_or_else(|| damaged("a character is cut in two"))?;
            values.push((!null).then_some(value));
            start = end;
        }
        Ok(Some(values))
    }

    /// Reads bytes up to the end of a row; `false` where there is none.
    fn read_row(&mut self) -> Result<bool> {
        self.text.clear();
        self.ends.clear();
        let mut at = At::Start;
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Error::failed("the result cannot be read to its end").because(error)),
            };
            if buffer.is_empty() {
                return match at {
                    At::Quoted => Err(damaged("it ends within a value")),
                    At::Start if self.ends.is_empty() => Ok(false),
                    _ => {
                        self.end_field(at);
                        Ok(true)
                    }
                };
            }
            let mut used = 0;
            let mut ended = false;
            for &byte in buffer {
                used += 1;
                at = match (at, byte) {
                    (At::Start, b'"') => At::Quoted,
                    (At::Quoted, b'"') => At::Quote,
                    (At::Quoted, byte) => {
                        self.text.push(byte);
                        At::Quoted
                    }
                    (At::Quote, b'"') => {
                        self.text.push(b'"');
                        At::Quoted
                    }
                    (_, b',') => {
                        self.ends.push((self.text.len(), at == At::Start));
                        At::Start
                    }
                    (_, b'\n') => {
                        ended = true;
                        break;
                    }
                    (At::Quote, b'\r') => At::Quote,
                    (At::Quote, _) => return Err(damaged("text stands behind a closing quote")),
                    (At::Start | At::Plain, byte) => {
                        self.text.push(byte);
                        At::Plain
                    }
                };
            }
            self.input.consume(used);
            if ended {
                self.end_field(at);
                return Ok(true);
            }
            if self.text.len() > ROW_AT_MOST {
                return Err(damaged("a row is longer than Athena makes any"));
            }
        }
    }

    fn end_field(&mut self, at: At) {
        self.ends.push((self.text.len(), at == At::Start));
    }
}

fn damaged(why: &str) -> Error {
    Error::failed("the result in the bucket is not as Athena writes it").because(why).hint("ask again, without --reuse")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Row = Vec<Option<String>>;

    fn all(bytes: &[u8]) -> Result<Vec<Row>> {
        let mut rows = Rows::new(bytes);
        let mut out = Vec::new();
        while let Some(row) = rows.next_row()? {
            out.push(row.into_iter().map(|value| value.map(str::to_owned)).collect());
        }
        Ok(out)
    }

    fn row(values: &[Option<&str>]) -> Row {
        values.iter().map(|value| value.map(str::to_owned)).collect()
    }

    /// As Athena writes it.
    fn written(rows: &[Row]) -> String {
        let value = |value: &Option<String>| {
            value.as_ref().map_or(String::new(), |it| format!("\"{}\"", it.replace('"', "\"\"")))
        };
        rows.iter().map(|row| row.iter().map(value).collect::<Vec<_>>().join(",") + "\n").collect()
    }

    #[test]
    fn null_is_nothing_and_an_empty_text_is_two_quotes() {
        let text = "\"a\",\"b\"\n,\"\"\n\"x,\"\"y\"\"\nz\",\n";
        let expected = [row(&[Some("a"), Some("b")]), row(&[None, Some("")]), row(&[Some("x,\"y\"\nz"), None])];
        assert_eq!(all(text.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn a_line_of_nothing_is_a_null_where_there_is_one_column() {
        assert_eq!(all(b"\"n\"\n\n\"1\"\n").unwrap(), [row(&[Some("n")]), row(&[None]), row(&[Some("1")])]);
    }

    #[test]
    fn the_last_line_may_lack_its_end_and_values_their_quotes() {
        assert_eq!(all(b"n,m\n1,").unwrap(), [row(&[Some("n"), Some("m")]), row(&[Some("1"), None])]);
        assert_eq!(all(b"").unwrap(), Vec::<Row>::new());
    }

    #[test]
    fn what_is_no_such_csv_is_an_error_and_no_row() {
        for (bytes, says) in
            [(&b"\"a"[..], "within a value"), (b"\"a\"b\n", "behind a closing quote"), (b"\"\xff\"\n", "no text")]
        {
            assert!(all(bytes).unwrap_err().to_string().contains(says));
        }
    }

    proptest! {
        #[test]
        fn every_text_comes_back(rows in proptest::collection::vec(
            proptest::collection::vec(proptest::option::of("[a\"',\\\\\r\n\u{0}é\u{1f600}]{0,6}"), 3..=3), 0..8)) {
            prop_assert_eq!(all(written(&rows).as_bytes()).unwrap(), rows);
        }

        #[test]
        fn no_bytes_bring_it_down(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = all(&bytes);
        }
    }
}
