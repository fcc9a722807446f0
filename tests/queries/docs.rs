//! docs/queries.md is made of the front matter and of the golden answers; `BLESS=1` writes it anew.

use std::fmt::Write;

use bucketscope::query::{Fallback, Query, Value, catalogue, literal};
use bucketscope::ui::text::shell_word;

use super::cases::{CASES, Case};

const HEAD: &str = "\
# Saved queries

Made by `cargo test --test queries` from the files in `queries/` and the golden answers of the tests; with `BLESS=1` it is
written anew. Do not edit.

`bucketscope query ID` asks one of all of the lake, `--from`, `--to` and `--last` narrow the range (half-open, UTC), `--bucket`
keeps one bucket, `--param NAME=VALUE` sets the other parameters. `bucketscope queries show ID` prints a query's SQL. A query
with a severity looks for something: its rows are findings, and with `--fail-on-findings` they give exit code 7.

The samples are answers on the fixtures in `tests/fixtures/queries`, cut after three rows; nothing in them comes from a real account.
";

const OWN: &str = "
## Queries of your own

Files `queries/*.sql` beside `bucketscope.yaml` are the project's own queries: they are listed, asked, reported (those with a
severity) and, with `target: aws`, deployed as saved queries and prepared statements, like those above. The file is named as its
id; an id that comes with the program is refused, and so is anything that is not one SELECT. A mistake is told with file and line.

```sql
-- id: big-objects
-- title: Objects above a size
-- answers: Which objects above a size were asked for, and how often.
-- source: s3_access_logs
-- category: ours
-- severity: low
-- parameter: from | timestamp | required | Start of the range
-- parameter: to | timestamp | required | End of the range
-- parameter: bucket | string | null | Only this bucket
-- parameter: least | bigint | 1000000 | The least size in bytes
-- positions: from.date to.date from to bucket bucket least
-- column: key | varchar | - | The object
-- column: requests | bigint | requests | How often it was asked for
-- false_positives: Backups.
-- next_step: Ask who needs them.

SELECT key, COUNT(*) AS requests
FROM s3_access_logs
WHERE requestdate >= ? AND requestdate <= ?
  AND requestdatetime >= ? AND requestdatetime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND objectsize >= ?
GROUP BY key
ORDER BY requests DESC, key
```

Lines of the front matter are `-- key: value`; a line that begins with `--` and three spaces goes on with the value above it.

| key | |
|---|---|
| id | lower-case letters, digits and hyphens; the file's name |
| title, answers | a few words; the question |
| source | the tables that it reads: `s3_access_logs`, `cloudtrail_events`, or both with a comma between them. CloudTrail is best read through the view `cloudtrail_events_unique` |
| category | for `queries list --category` |
| severity | low, medium or high, where a row is a finding; else left out |
| parameter | `name \\| type \\| default \\| help`, a line each; types are string, bigint, double, timestamp, date, boolean; the default is `required`, `null` or a value. `from` and `to` are the range |
| positions | the parameter of each `?` in order, as often as it is used. `from.date` and `from.hour` are the partition that holds `from`; of `to`, which is excluded, the last one that is needed |
| column | `name \\| type \\| unit or - \\| help`, a line each |
| false_positives, next_step | what looks like it and is not; what to do. May be left out |

Athena allows `?` in WHERE alone, and reads all partitions unless WHERE compares `requestdate` (`eventdate`) with a value.
[sql.md](sql.md) has the functions that both engines know.
";

#[test]
fn the_example_of_an_own_query_is_one() {
    let text = OWN.split("```sql\n").nth(1).unwrap().split("```").next().unwrap();
    let all = catalogue().with_own([("big-objects.sql", text)]).unwrap();
    let query = all.get("big-objects").unwrap();
    let bound = query.bind(super::cases::two_hours(), &super::cases::given(&[("least", "1600")])).unwrap();
    let engine = super::lake::Lake::of(&[super::lake::ACCESS_LOG]).engine();
    bucketscope::engine::local::check_select(query).unwrap();
    assert!(engine.query(&bound).unwrap().rows() > 0);
}

/// Rows of a sample.
const ROWS: usize = 3;

#[test]
fn the_page_of_queries_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/queries.md");
    let page = page();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let there = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        there == page,
        "docs/queries.md is stale: BLESS=1 cargo test --test queries page_of_queries writes it anew"
    );
}

fn page() -> String {
    let mut out = HEAD.to_owned();
    for (title, table) in [
        ("Server access logs", &["s3_access_logs"][..]),
        ("CloudTrail", &["cloudtrail_events"]),
        ("Both", &["s3_access_logs", "cloudtrail_events"]),
    ] {
        let queries: Vec<&Query> =
            catalogue().queries().iter().filter(|query| query.tables().eq(table.iter().copied())).collect();
        if queries.is_empty() {
            continue;
        }
        let _ = write!(out, "\n## {title}\n\n| query | finding | what it gives |\n|---|---|---|\n");
        for query in &queries {
            let severity = query.severity.map_or("", |severity| severity.name());
            let _ = writeln!(out, "| [{0}](#{0}) | {severity} | {1} |", query.id, query.title);
        }
        queries.into_iter().for_each(|query| section(&mut out, query));
    }
    out.push_str(OWN);
    out
}

fn section(out: &mut String, query: &Query) {
    let _ = write!(out, "\n### {}\n\n{}\n", query.id, query.answers);
    let _ = write!(out, "\n| parameter | type | default | |\n|---|---|---|---|\n");
    for parameter in &query.parameters {
        let default = match &parameter.fallback {
            Fallback::Required if ["from", "to"].contains(&parameter.name.as_str()) => "all of the lake".to_owned(),
            Fallback::Required => "must be given".to_owned(),
            Fallback::Value(Value::Null) => String::new(),
            Fallback::Value(Value::String(text)) => cell(text),
            Fallback::Value(value) => literal::trino(value).unwrap().to_lowercase(),
        };
        let _ =
            writeln!(out, "| {} | {} | {default} | {} |", parameter.name, parameter.kind.name(), cell(&parameter.help));
    }
    let _ = write!(out, "\n| column | type | unit | |\n|---|---|---|---|\n");
    for column in &query.columns {
        let unit = column.unit.as_deref().unwrap_or_default();
        let _ = writeln!(out, "| {} | {} | {unit} | {} |", column.name, column.kind, cell(&column.help));
    }
    let case = CASES.iter().find(|case| case.id() == query.id).unwrap();
    sample(out, case);
    let _ = write!(out, "\n**What looks like it and is not:** {}\n", query.false_positives);
    let _ = write!(out, "\n**Next:** {}\n", query.next_step);
}

/// The first rows of the case's answer, and how it is asked.
fn sample(out: &mut String, case: &Case) {
    let _ = write!(out, "\n`bucketscope query {}", case.id());
    for (name, value) in case.params {
        let _ = match *name {
            "bucket" => write!(out, " --bucket {}", shell_word(value)),
            _ => write!(out, " --param {}", shell_word(&format!("{name}={value}"))),
        };
    }
    out.push_str("` gives, for example:\n\n");
    let expected = case.expected();
    let mut lines = expected.lines().map(fields);
    let names = lines.next().unwrap();
    let _ = writeln!(out, "| {} |\n|{}", names.join(" | "), "---|".repeat(names.len()));
    for row in lines.take(ROWS) {
        let cells: Vec<String> = row.iter().map(|text| cell(text)).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('*', "\\*")
}

/// The fields of a line of CSV.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let (mut quoted, mut characters) = (false, line.chars().peekable());
    while let Some(character) = characters.next() {
        let field = fields.last_mut().unwrap();
        match character {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => field.push(other),
        }
    }
    fields
}
