//! The page: one file of HTML with all that it needs, which asks nothing of any network.
//!
//! Text from logs is hostile. It stands in the page as data only: JSON in which no character can end the element that it stands in,
//! shown by a script that makes text nodes of it. A policy in the page allows the page's own script and style, by their digests,
//! and nothing else.

pub mod fold;
pub mod model;

use sha2::{Digest, Sha256};

use model::Page;

/// The skeleton; the words in braces are replaced.
const HTML: &str = include_str!("page.html");

/// What the page looks like: uPlot's own rules first.
const STYLE: &str = concat!(include_str!("vendor/uplot.min.css"), "\n", include_str!("page.css"));

/// What the page does, in the order in which its parts build on each other.
const SCRIPT: &str = concat!(
    include_str!("vendor/uplot.min.js"),
    "\n(function () {\n\"use strict\";\n",
    include_str!("text.js"),
    include_str!("tables.js"),
    include_str!("charts.js"),
    include_str!("sections.js"),
    include_str!("main.js"),
    "})();\n"
);

/// What a page without figures looks like, in the colours of the system: no script of its own could set them.
const PLAIN_STYLE: &str = "\
:root { color-scheme: light dark; }
body { margin: 12vh auto; max-width: 720px; padding: 0 24px; background: #f5f6f8; color: #18202c; font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 20px; line-height: 1.3; }
a { color: #1f55d0; }
@media (prefers-color-scheme: dark) {
  body { background: #0d1219; color: #e6eaf1; }
  a { color: #82a9ff; }
}
";

/// The page as a file, or as a server's answer; only that may ask again.
pub fn html(page: &Page) -> Result<String, serde_json::Error> {
    let data = embedded(&serde_json::to_string(page)?);
    let form = if page.form.is_some() { "'self'" } else { "'none'" };
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action {form}",
        digest(SCRIPT),
        digest(STYLE)
    );
    let parts = [("{policy}", policy.as_str()), ("{style}", STYLE), ("{script}", SCRIPT), ("{data}", &data)];
    Ok(filled(HTML, &parts))
}

/// A page that only says what is wrong, without any script; for a server.
pub fn apology(title: &str, lines: &[String]) -> String {
    let policy =
        format!("default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'", digest(PLAIN_STYLE));
    let paragraphs: String = lines.iter().map(|line| format!("<p>{}</p>\n", escaped(line))).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{0}</title>\n<style>{PLAIN_STYLE}</style>\n</head>\n\
         <body>\n<main class=\"apology\">\n<h1>{0}</h1>\n{paragraphs}<p><a href=\"./\">Back</a></p>\n</main>\n</body>\n</html>\n",
        escaped(title)
    )
}

/// Puts parts in their places, once; a part that holds another's name stays as it is.
fn filled(mut rest: &str, parts: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(rest.len() + parts.iter().map(|(_, text)| text.len()).sum::<usize>());
    loop {
        let next = parts.iter().filter_map(|(name, text)| Some((rest.find(name)?, *name, *text))).min();
        let Some((at, name, text)) = next else { break };
        out.push_str(rest.get(..at).unwrap_or_default());
        out.push_str(text);
        rest = rest.get(at + name.len()..).unwrap_or_default();
    }
    out + rest
}

/// JSON as it may stand in an element of HTML: characters that mean something there, or that end a line for some, are
/// escaped as JSON escapes them. They occur within texts only.
fn embedded(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 16);
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// Text as it may stand between tags.
fn escaped(text: &str) -> String {
    let text = crate::ui::text::visible(text);
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The SHA-256 of a text in base64, as a policy names scripts and styles (Content Security Policy Level 3, "hash-source").
fn digest(text: &str) -> String {
    base64(&Sha256::digest(text))
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let index = (bits >> (18 - 6 * place)) & 63;
            let letter = ALPHABET.get(index as usize).copied().filter(|_| place <= chunk.len());
            out.push(letter.map_or('=', char::from));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_base64() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn no_text_leaves_the_element_that_it_stands_in() {
        let hostile = "</script><script>alert(1)</script><!--\u{2028}&{script}\"'";
        let page = Page { name: hostile.to_owned(), ..Page::default() };
        let html = html(&page).unwrap();
        assert_eq!(html.matches("</script>").count(), 2, "the data's and the script's");
        assert!(!html.contains("alert(1)</"));
        let data = html.split("type=\"application/json\">").nth(1).unwrap().split("</script>").next().unwrap();
        assert!(!data.contains(['<', '>', '&', '\u{2028}']));
        assert_eq!(serde_json::from_str::<serde_json::Value>(data).unwrap()["name"], hostile);
    }

    #[test]
    fn the_policy_names_what_is_in_the_page_and_a_file_cannot_ask() {
        let html = html(&Page::default()).unwrap();
        let between = |start: &str, end: &str| html.split(start).nth(1).unwrap().split(end).next().unwrap().to_owned();
        assert!(html.contains(&format!("style-src 'sha256-{}'", digest(&between("<style>", "</style>")))));
        assert!(html.contains(&format!("script-src 'sha256-{}'", digest(&between("<script>", "</script>")))));
        assert!(html.contains("default-src 'none'") && html.contains("form-action 'none'"));
        assert!(!html.contains("http://") && !html.contains("src=\"http"));
        assert!(!html.contains(" style=\"") && !html.contains(" onclick="), "the policy would not let them");
    }

    #[test]
    fn an_apology_shows_text_as_text() {
        let page = apology("Not understood", &["<b>\u{202e}".to_owned()]);
        assert!(page.contains("<p>&lt;b&gt;\\u{202e}</p>"));
        assert!(page.contains(&format!("style-src 'sha256-{}'", digest(PLAIN_STYLE))));
        assert!(page.contains("<a href=\"./\">Back</a>"));
    }

    #[test]
    fn what_is_bundled_is_what_its_note_says() {
        let note = include_str!("vendor/README.md");
        for (name, text) in [
            ("uplot.min.js", include_str!("vendor/uplot.min.js")),
            ("uplot.min.css", include_str!("vendor/uplot.min.css")),
            ("LICENSE-uplot", include_str!("vendor/LICENSE-uplot")),
        ] {
            let digest: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(note.contains(&format!("{digest}  {name}")), "{name}: {digest}");
        }
    }
}
