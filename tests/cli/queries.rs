//! The saved queries, listed and shown.

use crate::world::World;

#[test]
fn the_list_has_every_query_and_what_it_answers() {
    let world = World::new();
    let table = world.run("queries").ok();
    let csv = world.run("queries list --output csv").ok();
    assert!(csv.stdout.starts_with("id,title,category,finding,answers\n"));
    for id in ["object-access", "access-denied", "object-deletions", "troubleshooting"] {
        assert!(table.stdout.contains(id) && csv.stdout.contains(&format!("\n{id},")), "{id}");
    }
}

#[test]
fn a_query_is_shown_with_its_parameters_and_its_sql() {
    let world = World::new();
    let shown = world.run("queries show access-denied").ok();
    for part in ["Parameters\n", "--from TIME", "--bucket NAME", "Columns\n", "SQL\nSELECT"] {
        assert!(shown.stdout.contains(part), "{part}:\n{}", shown.stdout);
    }
    let json = world.run("queries show access-denied --output json").ok().json();
    assert_eq!(json["id"], "access-denied");
    assert!(json["sql"].as_str().unwrap().contains("httpstatus = 403"));
}

#[test]
fn a_slip_in_an_id_names_the_nearest() {
    World::new().run("queries show acces-denied").fails(
        64,
        "error: there is no query \"acces-denied\"\n\nhint: did you mean access-denied? `bucketscope queries` lists all\n",
    );
}
