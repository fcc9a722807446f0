//! `init` and the configuration file.

use crate::world::World;

const INIT: &str = "init --defaults --target local --logs logs --name shop";

#[test]
fn a_new_file_says_what_it_found() {
    let world = World::with_logs();
    let ran = world.run(INIT).ok();
    assert!(ran.stdout.starts_with("Wrote bucketscope.yaml\n  name  shop\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("2 log objects"), "{}", ran.stdout);
    let text = world.read("bucketscope.yaml");
    assert!(
        text.contains("name: shop\n") && text.contains("    path: logs\n") && text.contains("lake: lake\n"),
        "{text}"
    );
    let json = World::with_logs().run(&format!("{INIT} --output json")).ok().json();
    assert_eq!(json["schema_version"], 1);
    assert_eq!(json["change"], "created");
    assert_eq!(json["sources"][0]["log_objects"], 2);
}

#[test]
fn the_same_folder_gets_the_same_id_even_after_the_file_was_lost() {
    let world = World::with_logs();
    world.run(INIT).ok();
    let first = world.read("bucketscope.yaml");
    std::fs::remove_file(world.path("bucketscope.yaml")).unwrap();
    world.run(INIT).ok();
    assert_eq!(world.read("bucketscope.yaml"), first);
}

#[test]
fn again_adds_folders_and_keeps_comments() {
    let world = World::with_logs();
    world.run(INIT).ok();
    let before = world.read("bucketscope.yaml").replace("name: shop", "# mine\nname: shop # and mine");
    world.write("bucketscope.yaml", &before);
    assert!(world.run("init --defaults").ok().stdout.starts_with("Nothing to change in bucketscope.yaml\n"));
    assert_eq!(world.read("bucketscope.yaml"), before);
    world.write("more/2019-02-06-00-30-00-AAAAAAAAAAAAAAAA", "x");
    let ran = world.run("init --defaults --logs logs --logs more").ok();
    assert!(ran.stdout.starts_with("Updated bucketscope.yaml\n"), "{}", ran.stdout);
    let after = world.read("bucketscope.yaml");
    let added: Vec<&str> = after.lines().filter(|line| !before.lines().any(|old| old == *line)).collect();
    assert_eq!(added.len(), 2, "{added:?}");
    assert!(added[0].starts_with("  - id: more-") && added[1] == "    path: more", "{added:?}");
}

#[test]
fn another_folder_can_be_worked_in() {
    let world = World::with_logs();
    std::fs::create_dir(world.path("project")).unwrap();
    let ran = world.run("-C project init --defaults --target local --logs ../logs").ok();
    assert!(ran.stdout.starts_with("Wrote project/bucketscope.yaml\n  name  project\n"), "{}", ran.stdout);
    assert!(world.path("project/bucketscope.yaml").is_file());
    world.run("init --defaults --logs logs --config other.yaml").ok();
    assert!(world.path("other.yaml").is_file() && !world.path("bucketscope.yaml").exists());
}

#[test]
fn answers_come_from_a_file_and_flags_win() {
    let world = World::with_logs();
    world.write("answers.yaml", "target: local\nname: from-file\nlake: there\nlogs: [logs]\n");
    world.run("init --no-input --answers answers.yaml --name from-flag").ok();
    let text = world.read("bucketscope.yaml");
    assert!(
        text.contains("name: from-flag\n") && text.contains("lake: there\n") && text.contains("path: logs\n"),
        "{text}"
    );
    world.write("wrong.yaml", "nmae: x\n");
    let wrong = world.run("init --no-input --answers wrong.yaml");
    assert_eq!(wrong.code, 64);
    assert!(
        wrong.stderr.starts_with("error: --answers: wrong.yaml cannot be understood: unknown field `nmae`"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn a_missing_value_names_its_flag() {
    World::new().run("init --no-input").fails(
        5,
        "error: init does not know where the logs are\n\nhint: give --logs PATH, a folder of S3 server access logs\n",
    );
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_written() {
    let world = World::with_logs();
    for (args, stderr) in [
        ("--target aws --logs logs", "error: --logs is for `--target local`\n\nhint: sources in AWS: --log-bucket, --switch-on, --trail\n".to_owned()),
        ("--logs nowhere", format!("error: --logs: there is no folder {}\n", world.path("nowhere").display())),
        ("--logs logs --name Shop", "error: --name: `Shop` cannot be a name: expected 1 to 40 lower-case letters, digits and hyphens, a letter or digit first\n".to_owned()),
        ("--logs logs --lake logs/lake", format!("error: the lake {0}/logs/lake would lie in the log folder {0}/logs\n\nhint: --lake PATH puts it elsewhere\n", world.path("").display().to_string().trim_end_matches('/'))),
    ] {
        world.run(&format!("init --defaults {args}")).fails(64, &stderr);
    }
    assert!(!world.path("bucketscope.yaml").exists());
}

#[test]
fn two_folders_of_which_one_holds_the_other_would_double_records() {
    let world = World::with_logs();
    world.write("logs/inner/2019-02-06-00-30-00-AAAAAAAAAAAAAAAA", "x");
    let ran = world.run("init --defaults --logs logs logs/inner");
    assert_eq!(ran.code, 64);
    assert!(ran.stderr.contains("hold the same objects"), "{}", ran.stderr);
}

#[test]
fn a_wrong_key_is_named_with_its_line_and_its_neighbour() {
    let world = World::with_logs();
    world.run(INIT).ok();
    let text = world.read("bucketscope.yaml").replace("settling_seconds", "setling_seconds");
    let line = 1 + text.lines().position(|line| line.contains("setling")).unwrap();
    world.write("bucketscope.yaml", text);
    world.run("init --defaults").fails(
        64,
        &format!(
            "error: bucketscope.yaml:{line}: unknown key `setling_seconds` in `run`: expected settling_seconds, threads or shard_megabytes\n\nhint: did you mean `settling_seconds`?\n"
        ),
    );
}
