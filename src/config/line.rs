//! On which line of a YAML text a value stands. Reads block style by its indentation, which is how people write such files;
//! where it does not find a path, it finds what stands above it.

/// A step of a path: `sources`, `[1]`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Item(usize),
}

/// Where a key or a list's item begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    steps: Vec<Step>,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 0.
    pub column: usize,
}

impl Place {
    /// Whether this is an item of the list that stands at `list`.
    pub fn is_item_of(&self, list: &Self) -> bool {
        self.is_child_of(list) && matches!(self.steps.last(), Some(Step::Item(_)))
    }

    /// Whether this is a key of the mapping that stands at `mapping`.
    pub fn is_key_of(&self, mapping: &Self) -> bool {
        self.is_child_of(mapping) && matches!(self.steps.last(), Some(Step::Key(_)))
    }

    fn is_child_of(&self, above: &Self) -> bool {
        self.steps.split_last().is_some_and(|(_, rest)| rest == above.steps)
    }
}

/// The place of `path`, if it is among `places`.
pub fn find<'a>(places: &'a [Place], path: &str) -> Option<&'a Place> {
    let steps = steps(path);
    places.iter().find(|place| place.steps == steps)
}

/// The line behind the last one of what stands at `place`, without the comments and empty lines that follow it.
pub fn end(text: &str, places: &[Place], place: &Place) -> usize {
    let inside = |other: &&Place| other.steps.starts_with(&place.steps);
    let last = places.iter().filter(inside).map(|other| other.line).max().unwrap_or(place.line);
    let next = places.iter().find(|other| other.line > last && !inside(other)).map_or(usize::MAX, |other| other.line);
    // Lines of a text that goes on, or of a flow-style value.
    let more = text.lines().enumerate().skip(last).take_while(|(index, _)| index + 1 < next);
    let more = more.filter(|(_, line)| {
        let bare = line.trim_start();
        !bare.is_empty() && !bare.starts_with('#') && line.len() - bare.len() > place.column
    });
    more.map(|(index, _)| index + 1).last().unwrap_or(last) + 1
}

/// The line of `path` (`sources[1].bucket`), from 1; of the nearest thing above it if it stands on no line of its own.
pub fn of_path(text: &str, path: &str) -> Option<usize> {
    let mut steps = steps(path);
    let places = places(text);
    while !steps.is_empty() {
        if let Some(place) = places.iter().find(|place| place.steps == steps) {
            return Some(place.line);
        }
        steps.pop();
    }
    None
}

/// The line of `path`, if it stands on one.
pub fn of_exactly(text: &str, path: &str) -> Option<usize> {
    find(&places(text), path).map(|place| place.line)
}

/// The first line on which `key` begins, from 1.
pub fn of_key(text: &str, key: &str) -> Option<usize> {
    let begins = |line: &str| {
        let line = line.trim_start().trim_start_matches("- ").trim_start();
        line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':'))
    };
    text.lines().position(begins).map(|index| index + 1)
}

/// `aws.tags.a.b` is ambiguous, as keys may hold dots; then the nearest thing above it is found.
fn steps(path: &str) -> Vec<Step> {
    let mut out = Vec::new();
    for part in path.split('.').filter(|part| !part.is_empty()) {
        let (key, items) = part.split_once('[').map_or((part, ""), |(key, items)| (key, items));
        out.push(Step::Key(key.to_owned()));
        out.extend(items.split('[').filter_map(|item| item.strip_suffix(']')?.parse().ok()).map(Step::Item));
    }
    out
}

/// Every key and list item, in the order of the text.
pub fn places(text: &str) -> Vec<Place> {
    let mut out = Vec::new();
    // What we are inside of, with the column at which each begins.
    let mut inside: Vec<(usize, Step)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mut rest = line.trim_start();
        let mut column = line.len() - rest.len();
        if rest.is_empty() || rest.starts_with('#') {
            continue;
        }
        while let Some(after) = item(rest) {
            // A list may stand at the column of its key, so a key there is not left.
            let leave = |(at, step): &(usize, Step)| *at > column || (*at == column && matches!(step, Step::Item(_)));
            let mut last = None;
            while inside.last().is_some_and(leave) {
                last = inside.pop().filter(|(at, _)| *at == column).map(|(_, step)| step);
            }
            let number = if let Some(Step::Item(number)) = last { number + 1 } else { 0 };
            inside.push((column, Step::Item(number)));
            out.push(Place { steps: path(&inside), line: index + 1, column });
            let bare = after.trim_start();
            column += rest.len() - bare.len();
            rest = bare;
        }
        if let Some(key) = key(rest) {
            while inside.last().is_some_and(|(at, _)| *at >= column) {
                inside.pop();
            }
            inside.push((column, Step::Key(key.to_owned())));
            out.push(Place { steps: path(&inside), line: index + 1, column });
        }
    }
    out
}

fn path(inside: &[(usize, Step)]) -> Vec<Step> {
    inside.iter().map(|(_, step)| step.clone()).collect()
}

fn item(line: &str) -> Option<&str> {
    line.strip_prefix('-').filter(|rest| rest.is_empty() || rest.starts_with(' '))
}

fn key(line: &str) -> Option<&str> {
    let end = line.find(": ").or_else(|| line.trim_end().strip_suffix(':').map(str::len))?;
    let key = line.get(..end)?.trim_end().trim_matches(['"', '\'']);
    (!key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# sources: not here
version: 1
aws:
  region: eu-west-1
  tags:
    \"a b\": c
sources:
  - id: one   # the first
    bucket: x

  - id: two
    log_buckets:
    - a
    - b
    region: eu-west-2
trails:
- id: three
  bucket: y
keep: {raw_days: 3}
";

    #[test]
    fn the_line_of_a_path_is_found_by_its_indentation() {
        for (path, line) in [
            ("version", 2),
            ("aws.region", 4),
            ("aws.tags.a b", 6),
            ("sources", 7),
            ("sources[0]", 8),
            ("sources[0].id", 8),
            ("sources[0].bucket", 9),
            ("sources[1].id", 11),
            ("sources[1].log_buckets[0]", 13),
            ("sources[1].log_buckets[1]", 14),
            ("sources[1].region", 15),
            ("trails[0].bucket", 18),
        ] {
            assert_eq!(of_exactly(TEXT, path), Some(line), "{path}");
        }
    }

    #[test]
    fn what_stands_on_no_line_of_its_own_is_found_with_what_is_above_it() {
        assert_eq!(of_path(TEXT, "keep.raw_days"), Some(19));
        assert_eq!(of_path(TEXT, "sources[1].bucket"), Some(11));
        assert_eq!(of_path(TEXT, "nothing.like.it"), None);
        assert_eq!(of_exactly(TEXT, "keep.raw_days"), None);
        assert_eq!(of_path("", "a"), None);
    }
}
