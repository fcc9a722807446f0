//! Roles and policies have exactly what the calls need: the emulator's recording, mapped to IAM actions by the reviewed table
//! (src/blueprint/actions.rs), is compared both ways with what the templates' roles and `bucketscope policy` allow.

pub mod compare;

use std::collections::BTreeMap;

use bucketscope::blueprint::roles::Statement;
use serde_json::Value;

/// The statements of each role in a template, by the role's name.
pub fn granted(template: &Value) -> BTreeMap<String, Vec<Statement>> {
    let resources = template["Resources"].as_object().unwrap().values();
    let roles = resources.filter(|resource| resource["Type"] == "AWS::IAM::Role");
    roles
        .map(|role| {
            let properties = &role["Properties"];
            let policies = properties["Policies"].as_array().unwrap().iter();
            let statements = policies.flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap());
            (properties["RoleName"].as_str().unwrap().to_owned(), statements.map(statement).collect())
        })
        .collect()
}

fn statement(json: &Value) -> Statement {
    let texts = |key: &str| json[key].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect();
    assert_eq!(json["Effect"], "Allow", "{json}");
    Statement {
        sid: json["Sid"].as_str().unwrap().to_owned(),
        actions: texts("Action"),
        resources: texts("Resource"),
        conditions: BTreeMap::new(),
    }
}

#[test]
fn every_action_of_every_role_is_in_the_reviewed_table() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/blueprint/scenarios");
    let scenarios = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = scenarios.flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let templates = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let mut roles = 0;
    for path in templates {
        let template: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for (name, statements) in granted(&template) {
            roles += 1;
            for action in statements.iter().flat_map(|statement| &statement.actions) {
                assert!(compare::reviewed(action), "{}: {name} may {action}, which no call needs", path.display());
            }
        }
    }
    assert!(roles > 20, "{roles}");
}
