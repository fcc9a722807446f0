//! What is rendered for each scenario, kept as files beside its configuration: `BLESS=1 cargo test --test blueprint` writes
//! them anew. `check.py` shows them to cfn-lint and checkov.

mod dashboards;
mod roles;
mod rules;
mod scenario;

use scenario::{SCENARIOS, Scenario};

#[test]
fn every_scenario_renders_what_its_files_say() {
    let mut differ = Vec::new();
    for name in SCENARIOS {
        let scenario = Scenario::named(name);
        differ.extend(scenario.differences());
    }
    assert!(differ.is_empty(), "rendered otherwise than kept (BLESS=1 accepts it):\n{}", differ.join("\n"));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for name in SCENARIOS {
        assert_eq!(Scenario::named(name).specs, Scenario::named(name).specs, "{name}");
    }
}

#[test]
fn no_scenario_meets_a_limit() {
    for name in SCENARIOS {
        bucketscope::blueprint::limits(&Scenario::named(name).specs).unwrap();
    }
}
