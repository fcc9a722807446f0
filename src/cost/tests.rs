use std::path::Path;

use super::estimate::COLUMNS;
use super::*;
use crate::config::cloud::{Cloud, Engine};
use crate::ui::text::width;
use crate::ui::{Paint, Screen};

fn cloud(more: &str) -> Cloud {
    let text = format!(
        "version: 1\nname: shop\ntarget: aws\naws:\n  account_id: \"111122223333\"\n  region: us-east-1\n  suffix: abc123\n{more}"
    );
    Cloud::parse(&text, Path::new("bucketscope.yaml")).unwrap()
}

const ONE: &str = "sources:\n  - id: web\n    log_buckets: [shop-web]\n";

fn usd(estimate: &Estimate, what: &str) -> f64 {
    estimate.items.iter().find(|item| item.what == what).unwrap_or_else(|| panic!("no {what}")).usd
}

fn near(left: f64, right: f64) -> bool {
    (left - right).abs() < 0.000_05
}

/// Worked out by hand for the defaults: 30 GB and 100,000 objects a month, 20 queries a day, a run an hour, a crawl a day.
#[test]
fn the_defaults_cost_what_a_hand_calculation_says() {
    let estimate = estimate(&cloud(ONE));
    // 30 GB × 3 months × $0.023
    assert!(near(usd(&estimate, "raw logs"), 2.07));
    // 30 GB × 0.163 × 12 months × $0.023
    assert!(near(usd(&estimate, "lake"), 1.349_64));
    // 600 MB × 12 × $0.023
    assert!(near(usd(&estimate, "results"), 0.165_6));
    // 100,000 × $0.0000004 + 720 × (4 pages + 36) × $0.000005
    assert!(near(usd(&estimate, "requests"), 0.04 + 0.144));
    // 41.67 MB a run at 50 MB/s and 30 s are below a minute: 720 × 1/60 h × $0.44
    assert!(near(usd(&estimate, "job"), 5.28));
    // 30 × 2 DPU × 1/6 h × $0.44
    assert!(near(usd(&estimate, "crawler"), 4.4));
    // 600 × 0.2852 GB × $0.005 + 600 × 7 × 24 × 2 × 4 × $0.0000004
    assert!(near(usd(&estimate, "queries"), 0.855_75 + 0.322_56));
    // 6 metrics of alarms × 0.10 + 7 × 0.30 + 0.072 GB × 0.50 + a dashboard
    assert!(near(usd(&estimate, "watching"), 5.736));
    // 30 calls × ($0.0000002 + 0.25 GB-s × $0.0000166667)
    assert!(near(usd(&estimate, "notices"), 0.000_13));
    assert!(near(usd(&estimate, "schedule"), 0.000_72));
    let sum: f64 = estimate.items.iter().map(|item| item.usd).sum();
    assert!(near(estimate.total_usd, sum) && near(sum, 20.364_40), "{sum}");
    // 30 GB × $0.25 to $0.50; 600 × 30 GB × $5 a TB, and 600 × 100,000 GETs
    let [delivery, text] = estimate.beside.as_slice() else { panic!("{:?}", estimate.beside) };
    assert!(near(delivery.usd_low, 7.5) && near(delivery.usd_high, 15.0));
    assert!(near(text.usd_low, 90.0) && near(text.usd_high, 114.0));
}

#[test]
fn volume_and_engine_decide_the_jobs_hours() {
    // 7,200 GB over 720 runs are 10,000 MB a run; 3 of 4 workers of 2 DPU read 300 MB/s: 33.33 s + 30 s, 8 DPU billed.
    let more = format!(
        "{ONE}job: {{engine: glueetl, workers: 4, worker_type: G.2X}}\nestimate: {{log_gigabytes_a_month: 7200}}\n"
    );
    assert!(near(usd(&estimate(&cloud(&more)), "job"), 720.0 * (30.0 + 10_000.0 / 300.0) * 8.0 / 3600.0 * 0.44));
    // A sixteenth of a DPU reads 3.125 MB/s: 41.67 MB take 13.33 s, and a minute is billed.
    let more = format!("{ONE}job: {{dpu_sixteenths: 1}}\n");
    assert!(near(usd(&estimate(&cloud(&more)), "job"), 720.0 / 60.0 / 16.0 * 0.44));
    assert!(near(usd(&estimate(&cloud(&format!("{ONE}job: {{schedule: none}}\n"))), "job"), 0.0));
}

#[test]
fn a_crawler_after_each_commit_and_none_at_all() {
    // 750 crawls × 2 DPU × 1/6 h × $0.44
    let crawler = estimate(&cloud(&format!("{ONE}catalogue: {{mode: crawler}}\n")));
    assert!(near(usd(&crawler, "crawler"), 110.0));
    let projection = estimate(&cloud(&format!("{ONE}catalogue: {{mode: projection}}\n")));
    assert!(projection.items.iter().all(|item| item.what != "crawler"));
}

#[test]
fn logs_of_others_are_not_stored_at_our_cost_and_other_regions_cost_transfer() {
    let there = "sources:\n  - {id: a, bucket: logs-a, region: eu-west-1}\n  - {id: b, bucket: logs-b}\ntrails:\n  - {id: t, bucket: trail-t, kms_key: 'arn:aws:kms:us-east-1:111122223333:key/k'}\n";
    let estimate = estimate(&cloud(there));
    assert!(estimate.items.iter().all(|item| item.what != "raw logs"));
    // 10 of 30 GB × $0.02
    assert!(near(usd(&estimate, "between Regions"), 0.2));
    // A third of 100,000 objects × $0.000003
    assert!(near(usd(&estimate, "keys"), 0.1));
}

#[test]
fn finished_queries_are_mailed_where_wanted() {
    let more = format!("{ONE}notify: {{emails: [a@example.com, b@example.com], finished_queries: true}}\n");
    // (30 + 600) × 2 × $0.00002, and 630 calls
    assert!(near(usd(&estimate(&cloud(&more)), "notices"), 0.025_2 + 0.002_75));
}

#[test]
fn a_report_is_a_query_a_call_and_a_schedule() {
    let report = "reports:\n  - {query: access-denied, last: 1d, schedule: rate(1 day)}\n";
    let (with, without) = (estimate(&cloud(&format!("{ONE}{report}"))), estimate(&cloud(ONE)));
    // 30 times what one of 600 queries costs
    assert!(near(usd(&with, "queries"), usd(&without, "queries") * 630.0 / 600.0));
    assert!(near(usd(&with, "schedule"), 0.000_75));
    // Every query is looked at: 30 + 630 + 30 calls
    assert!(near(usd(&with, "notices"), 690.0 * 0.000_004_37));
}

#[test]
fn a_run_costs_its_dpu_seconds() {
    assert!(near(job_cost(Engine::Pythonshell, 3600.0), 0.44));
    assert!(near(job_cost(Engine::Glueetl, 2.0 * 1800.0), 0.44));
    assert_eq!(Engine::ALL.map(micro_usd_a_dpu_hour), [440_000; 4]);
}

#[test]
fn amounts_are_aligned_and_lines_fit() {
    let estimate = estimate(&cloud(ONE));
    let drawn = |width: Option<usize>| estimate.lines(&Screen { width, paint: Paint::plain() });
    for columns in [80, COLUMNS] {
        let lines = drawn(Some(columns));
        let fit = lines.iter().all(|line| width(line) <= columns && !line.contains('\n'));
        assert!(fit, "{columns}:\n{}", lines.join("\n"));
    }
    let text = drawn(None).join("\n");
    let ends: Vec<usize> =
        text.lines().filter(|line| line.starts_with("  ") && line.contains('$')).map(width).collect();
    assert!(ends.len() == 13 && ends.windows(2).all(|two| two[0] == two[1]), "{ends:?}\n{text}");
    assert!(text.contains("together") && text.contains("$20.36") && text.contains("$90.00 to $114.00"), "{text}");
    assert!(text.contains("Prices of us-east-1 as of 2026-"), "{text}");
}

#[test]
fn json_has_every_amount() {
    let json: serde_json::Value = serde_json::to_value(estimate(&cloud(ONE))).unwrap();
    assert_eq!(json["currency"], "USD");
    assert_eq!(json["log_objects_a_month"], 100_000);
    assert_eq!(json["items"][0]["what"], "raw logs");
    assert!(near(json["total_usd"].as_f64().unwrap(), 20.364_40));
}
