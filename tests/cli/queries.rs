//! The saved queries, listed and shown.

use crate::world::World;

#[test]
fn the_list_has_every_query_and_what_it_answers() {
    let world = World::new();
    let table = world.run("queries").ok();
    let csv = world.run("queries list --output csv").ok();
    assert!(csv.stdout.starts_with("id,title,category,finding,answers,source,own\n"));
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

#[test]
fn the_list_narrows_by_category_table_and_severity() {
    let world = World::new();
    let ids = |args: &str| -> Vec<String> {
        let listed = world.run(&format!("queries list {args} --output csv")).ok();
        listed.stdout.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect()
    };
    let lifecycle = ids("--category lifecycle");
    assert_eq!(lifecycle, ["lifecycle-expirations", "lifecycle-statistics", "lifecycle-transitions"]);
    let (any, high) = (ids("--severity low"), ids("--severity high"));
    assert!(high.contains(&"anonymous-access".to_owned()) && !high.contains(&"access-denied".to_owned()));
    assert!(high.iter().all(|id| any.contains(id)) && any.contains(&"access-denied".to_owned()));
    assert!(ids("--source s3_access_logs").contains(&"latency".to_owned()));
    assert_eq!(ids("--own"), [""; 0]);
    let error = world.run("queries list --category lifecicle");
    assert_eq!(error.code, 64);
    assert!(error.stderr.contains("the categories are access,"), "{}", error.stderr);
}

/// A query of somebody's own.
const BIG_KEYS: &str = "\
-- id: big-keys
-- title: Objects above a size
-- answers: Which objects above a size were asked for.
-- source: s3_access_logs
-- category: ours
-- severity: high
-- parameter: from | timestamp | required | Start of the range
-- parameter: to | timestamp | required | End of the range
-- parameter: least | bigint | 1000 | The least size
-- positions: from.date to.date from to least
-- column: key | varchar | - | The object
-- column: objectsize | bigint | bytes | Its size

SELECT key, objectsize
FROM s3_access_logs
WHERE requestdate >= ? AND requestdate <= ? AND requestdatetime >= ? AND requestdatetime < ?
  AND objectsize >= ?
ORDER BY key;
";

fn project() -> World {
    let world = World::with_logs();
    world.run("init --defaults --logs logs").ok();
    world.run("deploy").ok();
    world.run("run").ok();
    world
}

#[test]
fn a_project_s_own_query_is_listed_shown_asked_and_reported() {
    let world = project();
    world.write("queries/big-keys.sql", BIG_KEYS);
    world.write("queries/notes.txt", "not a query");
    let own = world.run("queries list --own --output csv").ok();
    assert!(own.stdout.ends_with(
        "\nbig-keys,Objects above a size,ours,high,Which objects above a size were asked for.,s3_access_logs,true\n"
    ));
    assert!(world.run("queries show big-keys").ok().stdout.contains("--param least=BIGINT"));
    // One of the two records has a size: 2,048.
    let answer = world.run("query big-keys --output csv").ok();
    assert_eq!(answer.stdout, "key,objectsize\na.txt,2048\n");
    assert_eq!(world.run("query big-keys --param least=2049 --output csv").ok().stdout, "key,objectsize\n");
    assert_eq!(world.run("query big-keys --fail-on-findings").code, 7);
    assert!(world.run("report").ok().stdout.contains("big-keys"));
    // From another folder too: it is the project's, not the shell's.
    world.write("elsewhere/x", "");
    let config = world.path("bucketscope.yaml");
    let args = ["--config", config.to_str().unwrap(), "queries", "show", "big-keys"];
    world.run_args(&args, b"").ok();
}

#[test]
fn an_own_query_that_is_none_says_file_line_and_what_to_do() {
    for (from, to, says) in [
        ("-- title: Objects above a size\n", "", "queries/big-keys.sql, line 1: title is missing"),
        ("severity: high", "severity: huge", "queries/big-keys.sql, line 6: severity is low, medium or high"),
        ("positions: from.date", "positions: form.date", "queries/big-keys.sql, line 10: there is no parameter form"),
        ("SELECT key", "DROP TABLE x -- ", "queries/big-keys.sql: the statement is not one SELECT"),
        ("SELECT key", "SELECT key,,", "queries/big-keys.sql: the statement cannot be understood"),
        ("id: big-keys", "id: bigger-keys", "queries/big-keys.sql, line 1: the id bigger-keys is not the file's name"),
    ] {
        let world = World::with_logs();
        world.run("init --defaults --logs logs").ok();
        assert!(BIG_KEYS.contains(from));
        world.write("queries/big-keys.sql", BIG_KEYS.replacen(from, to, 1));
        let error = world.run("queries");
        assert!(error.stderr.contains(says) && error.stderr.contains("\nhint: "), "{}", error.stderr);
        assert_eq!(error.code, 64);
    }
}

#[test]
fn an_own_query_cannot_take_the_place_of_one_of_the_program_s() {
    let world = World::with_logs();
    world.run("init --defaults --logs logs").ok();
    world.write("queries/latency.sql", BIG_KEYS.replace("big-keys", "latency"));
    world.run("queries").fails(
        64,
        "error: queries/latency.sql: there is a query latency already: it comes with bucketscope\n\n\
         hint: give the file and its id another name\n",
    );
}

#[cfg(feature = "aws")]
#[test]
fn what_only_athena_has_is_refused_on_a_laptop() {
    let world = crate::pipeline::deployed();
    for (command, flag) in [
        ("query access-denied --reuse 60m", "--reuse"),
        ("query access-denied --dry-run", "--dry-run"),
        ("report --reuse 1h", "--reuse"),
    ] {
        world.run(command).fails(
            64,
            &format!(
                "error: {flag} is for `target: aws`; this configuration says `target: local`\n\nhint: nothing is billed here: ask without it\n"
            ),
        );
    }
    world.run("query access-denied --local").ok();
}
