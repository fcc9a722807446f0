//! Athena's functions on the embedded engine: docs/sql.md, line by line.

use super::lake::{ACCESS_LOG, Lake, rows};

#[test]
fn scalar_functions_answer_as_athena_does() {
    let engine = Lake::of(&[]).engine();
    for (expression, expected) in [
        ("url_decode('a%2Fb+c')", "a/b c"),
        ("url_encode('a/b c')", "a%2Fb+c"),
        ("url_extract_host('https://h.example:8443/p?q=1')", "h.example"),
        ("url_extract_path('https://h.example/p/x?q=1')", "/p/x"),
        ("url_extract_parameter('/p?q=1&r=%20', 'r')", " "),
        ("json_extract_scalar('{\"a\":[1,{\"b\":\"x\"}]}', '$.a[1].b')", "x"),
        ("date_parse('2026-06-01 23:59:58', '%Y-%m-%d %H:%i:%s')", "2026-06-01 23:59:58.000"),
        ("parse_datetime('06/Feb/2019:00:00:38 +0100', 'dd/MMM/yyyy:HH:mm:ss Z')", "2019-02-05 23:00:38.000"),
        ("date_format(TIMESTAMP '2026-06-01 05:06:07', '%d.%m.%y %H:%i')", "01.06.26 05:06"),
        ("format_datetime(TIMESTAMP '2026-06-01 05:06:07', 'yyyy-MM-dd''T''HH')", "2026-06-01T05"),
        ("date_format(DATE '2026-06-01', '%W')", "Monday"),
        ("date_add('day', -1, TIMESTAMP '2026-06-01 05:06:07')", "2026-05-31 05:06:07.000"),
        ("date_diff('hour', TIMESTAMP '2026-06-01 00:00:00', TIMESTAMP '2026-06-02 01:59:00')", "25"),
        ("from_iso8601_timestamp('2026-06-01T02:00:00+02:00')", "2026-06-01 00:00:00.000"),
        ("to_iso8601(TIMESTAMP '2026-06-01 05:06:07')", "2026-06-01T05:06:07.000"),
        ("to_unixtime(TIMESTAMP '1970-01-01 00:00:01.500')", "1.5"),
        ("from_unixtime(1.5)", "1970-01-01 00:00:01.500"),
        ("date(TIMESTAMP '2026-06-01 05:06:07')", "2026-06-01"),
        ("date_trunc('minute', TIMESTAMP '2026-06-01 05:06:07')", "2026-06-01 05:06:00.000"),
        ("hour(TIMESTAMP '2026-06-01 05:06:07')", "5"),
        // Berlin is two hours ahead of UTC in June and one in January; Kathmandu is five and three quarters.
        ("hour(at_timezone(with_timezone(TIMESTAMP '2026-06-05 22:30:00', 'UTC'), 'Europe/Berlin'))", "0"),
        ("day_of_week(at_timezone(with_timezone(TIMESTAMP '2026-06-05 22:30:00', 'UTC'), 'Europe/Berlin'))", "6"),
        ("hour(at_timezone(with_timezone(TIMESTAMP '2026-01-05 22:30:00', 'UTC'), 'Europe/Berlin'))", "23"),
        ("minute(at_timezone(with_timezone(TIMESTAMP '2026-01-05 22:30:00', 'UTC'), 'Asia/Kathmandu'))", "15"),
        ("hour(at_timezone(with_timezone(TIMESTAMP '1969-12-31 22:30:00', 'UTC'), '-03:00'))", "19"),
        ("at_timezone(with_timezone(NULL, 'UTC'), 'UTC') IS NULL", "true"),
        ("day_of_week(DATE '2026-06-07')", "7"),
        ("year(DATE '2026-06-07') * 100 + month(DATE '2026-06-07')", "202606"),
        ("EXTRACT(HOUR FROM TIMESTAMP '2026-06-01 05:06:07')", "5"),
        ("split_part('a,b,c', ',', 2)", "b"),
        ("split_part('a,b,c', ',', 4)", ""),
        ("element_at(split('a/b/c', '/'), 2)", "b"),
        ("concat('a', 'b', 'c')", "abc"),
        ("COALESCE(concat('a', CAST(NULL AS varchar), 'c'), 'null')", "null"),
        ("element_at(split('a/b/c', '/'), -1)", "c"),
        ("array_join(split('a/b/c', '/', 2), '|')", "a|b/c"),
        ("cardinality(split('a/b/c', '/'))", "3"),
        ("contains(ARRAY['a', 'b'], 'b')", "true"),
        ("array_join(sequence(1, 5, 2), ' ')", "1 3 5"),
        ("regexp_extract('arn:aws:iam::1:user/bob', 'user/(\\w+)', 1)", "bob"),
        ("regexp_extract('a1b2', '\\d')", "1"),
        ("regexp_extract('ab', '\\d')", ""),
        ("regexp_replace('a1b2', '(\\d)', '<$1>')", "a<1>b<2>"),
        ("regexp_replace('a1b2', '\\d')", "ab"),
        ("regexp_like('REST.GET.OBJECT', '\\.GET\\.')", "true"),
        ("if(1 > 2, 'a', 'b')", "b"),
        ("if(1 > 2, 'a') IS NULL", "true"),
        ("try(CAST('x' AS bigint)) IS NULL", "true"),
        ("TRY_CAST('x' AS bigint) IS NULL", "true"),
        ("7 / 2", "3"),
        ("'a' || 'b'", "ab"),
        ("CAST(12 AS varchar)", "12"),
        ("'10%' LIKE '10!%' ESCAPE '!'", "true"),
        ("'105' LIKE '10!%' ESCAPE '!'", "false"),
        ("'a\\b' LIKE 'a\\_' AND 'a\\b' LIKE 'a_b'", "true"),
        ("'a_b' LIKE 'a\\_b' ESCAPE '\\'", "true"),
        ("coalesce(NULL, 'x')", "x"),
        ("TIMESTAMP '2026-06-01 00:00:00' - INTERVAL '1' DAY", "2026-05-31 00:00:00.000"),
        ("TIMESTAMP '9999-12-31 23:59:59.999'", "9999-12-31 23:59:59.999"),
        ("json_extract_scalar(NULL, '$.a') IS NULL AND url_decode(NULL) IS NULL", "true"),
    ] {
        assert_eq!(rows(&engine, &format!("SELECT {expression}")), [expected], "{expression}");
    }
}

#[test]
fn aggregates_answer_as_athena_does() {
    let engine = Lake::of(&[ACCESS_LOG]).engine();
    for (expression, expected) in [
        ("count_if(httpstatus = 403)", "6"),
        ("count(*) FILTER (WHERE httpstatus = 403)", "6"),
        ("max_by(key, turnaroundtime)", "cat.jpg"),
        ("min_by(key, bytessent) FILTER (WHERE bytessent > 1000)", "slow.bin"),
        ("approx_distinct(bucket_name)", "2"),
        ("arbitrary(bucketowner) IS NOT NULL", "true"),
        ("substr(listagg(operation, '+') WITHIN GROUP (ORDER BY operation DESC), 1, 24)", "WEBSITE.GET.OBJECT+WEBSI"),
        // Of the 35 turn-around times: 1 1 1 3 3 4 5 6 6 6 7 8 9 9 10 11 11 13 13 14 14 14 15 16 20 20 20 21 21 55 79
        // 100 850 2400 and one more 13, in order, the 18th and the 35th.
        ("approx_percentile(turnaroundtime, 1.0)", "2400"),
        ("array_join(approx_percentile(objectsize, ARRAY[0.0, 1.0]), ' ')", "10 50000000"),
    ] {
        assert_eq!(rows(&engine, &format!("SELECT {expression} FROM s3_access_logs")), [expected], "{expression}");
    }
}

#[test]
fn what_a_function_cannot_take_is_said() {
    let engine = Lake::of(&[]).engine();
    for (expression, says) in [
        ("hour('x')", "hour takes Time"),
        ("split_part('a', ',')", "split_part takes 3 to 3 arguments"),
        ("regexp_extract('a', '(')", "no regular expression"),
        ("regexp_extract('a', 'a', 1)", "0 groups"),
        ("split_part('a', ',', 0)", "index above 0"),
        ("date_parse('x', '%Y')", "does not fit"),
        ("date_add('fortnight', 1, TIMESTAMP '2026-06-01 00:00:00')", "fortnight"),
        ("approx_percentile(1, 2)", "between 0 and 1"),
        ("from_iso8601_timestamp('x')", "ISO 8601"),
        ("at_timezone(TIMESTAMP '2026-06-01 00:00:00', 'Europe/Nowhere')", "\"Europe/Nowhere\" is not a time zone"),
        ("with_timezone(TIMESTAMP '2026-06-01 00:00:00', 'Europe/Berlin')", "with_timezone takes 'UTC' here"),
    ] {
        let error = engine.sql(&format!("SELECT {expression}")).unwrap_err().to_string();
        assert!(error.contains(says), "{expression}: {error}");
    }
}
