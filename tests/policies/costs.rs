//! The tables of docs/costs.md are the program's own estimates; `BLESS=1` writes them anew, between their marks.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use bucketscope::config::cloud::Cloud;
use bucketscope::cost::{Estimate, estimate, money};
use bucketscope::ui::text::count;

use super::docs::between;

/// Gigabytes, and thousands of log objects, a month.
const VOLUMES: [(u32, u32); 3] = [(1, 10), (30, 100), (1000, 3000)];

/// What is changed, and what is given up by it.
const CHANGES: &[(&str, &str)] = &[
    ("job: {schedule: cron(15 3 * * ? *)}", "answers are up to a day old"),
    (
        "job: {dpu_sixteenths: 1}",
        "a run has a sixteenth of the machine; what takes it longer than `job.hand_over_minutes` goes to Spark",
    ),
    (
        "catalogue: {mode: projection}",
        "`compact`; see [compact.md](compact.md#where-joined-files-lie-and-how-readers-get-there)",
    ),
    (
        "catalogue: {crawler_schedule: cron(45 3 ? * 1 *)}",
        "a partition that somebody removed by hand is noticed up to a week later",
    ),
    (
        "keep: {raw_days: 14}",
        "the text itself, two weeks after it was delivered. Rejected lines stay in the lake's `_state/`",
    ),
    ("catalogue: {mode: crawler}", "money: it crawls after each commit, and ten minutes at least are billed"),
];

fn of(volume: (u32, u32), change: &str) -> Estimate {
    let (gigabytes, thousands) = volume;
    let text = format!(
        "version: 1\nname: shop\ntarget: aws\naws: {{account_id: \"111122223333\", region: us-east-1, suffix: abc123}}\n\
         sources: [{{id: switched-on, log_buckets: [photos]}}]\nnotify: {{emails: [ops@example.com]}}\n\
         estimate: {{log_gigabytes_a_month: {gigabytes}, log_objects_thousands: {thousands}}}\n{change}\n"
    );
    estimate(&Cloud::parse(&text, Path::new("bucketscope.yaml")).unwrap())
}

fn volumes() -> String {
    let all = VOLUMES.map(|volume| of(volume, ""));
    let mut text = "| |".to_owned();
    for (gigabytes, thousands) in VOLUMES {
        let (gigabytes, objects) = (count(gigabytes.into()), count(u64::from(thousands) * 1000));
        write!(text, " {gigabytes} GB, {objects} objects |").unwrap();
    }
    text.push_str("\n|---|---|---|---|\n");
    for (at, item) in all[0].items.iter().enumerate() {
        let amounts = all.each_ref().map(|one| money(one.items[at].usd));
        writeln!(text, "| {} | {} |", item.what, amounts.join(" | ")).unwrap();
    }
    let sums = all.each_ref().map(|one| format!("**{}**", money(one.total_usd)));
    writeln!(text, "| **together** | {} |", sums.join(" | ")).unwrap();
    for (at, other) in all[0].beside.iter().enumerate() {
        let amounts = all.each_ref().map(|one| {
            let one = &one.beside[at];
            format!("{} to {}", money(one.usd_low), money(one.usd_high))
        });
        writeln!(text, "| *beside it:* {} | {} |", other.what, amounts.join(" | ")).unwrap();
    }
    text
}

fn changes() -> String {
    let mut text = "| Change | Together | What you give up |\n|---|---|---|\n".to_owned();
    writeln!(text, "| none | {} | |", money(of(VOLUMES[1], "").total_usd)).unwrap();
    for (change, price) in CHANGES {
        writeln!(text, "| `{change}` | {} | {price} |", money(of(VOLUMES[1], change).total_usd)).unwrap();
    }
    text
}

#[test]
fn the_page_has_the_estimates_of_the_program() {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/costs.md");
    let kept = std::fs::read_to_string(&path).unwrap();
    let made = between(&between(&kept, "volumes", &volumes()), "changes", &changes());
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &made).unwrap();
        return;
    }
    assert!(made == kept, "docs/costs.md is another one than the program makes (BLESS=1 writes it)");
}
