use proptest::prelude::*;

use super::*;

fn rewritten(sql: &str, values: &[Value]) -> String {
    parse(sql, values).unwrap().to_string()
}

#[test]
fn values_take_the_places_of_the_text_not_of_the_tree() {
    let values: Vec<Value> = (1..=5).map(Value::BigInt).collect();
    let sql =
        "SELECT a FROM t WHERE b BETWEEN ? AND ? AND CASE WHEN c = ? THEN d = ? ELSE '?' = \"?\" END -- ?\n OR e = ?";
    let expected =
        "SELECT a FROM t WHERE b BETWEEN 1 AND 2 AND CASE WHEN c = 3 THEN d = 4 ELSE '?' = \"?\" END OR e = 5";
    assert_eq!(rewritten(sql, &values), expected);
}

#[test]
fn a_hostile_string_stays_one_value() {
    let hostile = Value::String("x' OR 1 = 1; DROP TABLE t; --".into());
    assert_eq!(
        rewritten("SELECT a FROM t WHERE b = ?", &[hostile]),
        "SELECT a FROM t WHERE b = 'x'' OR 1 = 1; DROP TABLE t; --'"
    );
}

#[test]
fn functions_of_trino_become_functions_of_the_engine() {
    for (sql, expected) in [
        ("SELECT if(a, b, c)", "SELECT CASE WHEN a THEN b ELSE c END"),
        ("SELECT IF(a, b)", "SELECT CASE WHEN a THEN b END"),
        ("SELECT count_if(a > 1)", "SELECT count(CASE WHEN a > 1 THEN 1 END)"),
        (
            "SELECT max_by(a, b) FILTER (WHERE c)",
            "SELECT first_value(a ORDER BY b DESC NULLS LAST) FILTER (WHERE (c) AND b IS NOT NULL)",
        ),
        ("SELECT element_at(split(a, ','), 1)", "SELECT array_element(split(a, ','), 1)"),
        ("SELECT try(CAST(a AS bigint))", "SELECT TRY_CAST(a AS BIGINT)"),
        (
            "SELECT approx_percentile(a, ARRAY[0.5, 0.9])",
            "SELECT make_array(approx_percentile(a, 0.5), approx_percentile(a, 0.9))",
        ),
        (
            "SELECT TIMESTAMP '2026-06-01 00:00:00'",
            "SELECT arrow_cast('2026-06-01 00:00:00', 'Timestamp(Millisecond, None)')",
        ),
    ] {
        assert_eq!(rewritten(sql, &[]), expected);
    }
}

#[test]
fn what_is_not_one_reading_statement_is_a_usage_error() {
    for sql in [
        "",
        "SELEC 1",
        "SELECT 1; SELECT 2",
        "SELECT ?",
        "DROP TABLE s3_access_logs",
        "COPY (SELECT 1) TO 'x.csv'",
        "CREATE TABLE t AS SELECT 1",
        "INSERT INTO s3_access_logs SELECT 1",
        "SET x = 1",
        "SELECT 'unterminated",
    ] {
        assert_eq!(parse(sql, &[]).unwrap_err().code(), 64, "{sql}");
    }
}

/// What a literal written by `query::literal` reads as: the value, through a tokenizer and parser that are not ours.
fn read_back(text: &str) -> Expr {
    let mut parser = Parser::new(&GenericDialect {}).try_with_sql(text).unwrap();
    let expr = parser.parse_expr().unwrap();
    assert_eq!(parser.peek_token().token, Token::EOF, "{text}");
    expr
}

proptest! {
    #[test]
    fn every_string_survives_its_literal(text in any::<String>()) {
        let literal = literal::trino(&Value::String(text.clone())).unwrap();
        prop_assert_eq!(read_back(&literal), string(&text));
    }

    #[test]
    fn quotes_and_odd_characters_survive(text in "['\"\\\\;?\u{0}\u{2019}\u{1F4A9}\n-]{0,12}") {
        let literal = literal::trino(&Value::String(text.clone())).unwrap();
        prop_assert_eq!(read_back(&literal), string(&text));
    }

    #[test]
    fn every_number_survives_its_literal(number in any::<i64>(), real in any::<f64>()) {
        let literal = literal::trino(&Value::BigInt(number)).unwrap();
        prop_assert_eq!(read_back(&literal), value_expr(&Value::BigInt(number)).unwrap());
        prop_assert_eq!(literal.parse::<i64>().unwrap(), number);
        match literal::trino(&Value::Double(real)) {
            Ok(literal) => prop_assert_eq!(literal.parse::<f64>().unwrap().to_bits(), real.to_bits()),
            Err(_) => prop_assert!(!real.is_finite()),
        }
    }

    #[test]
    fn every_time_of_the_four_digit_years_survives(millis in -62_135_596_800_000_i64..253_402_300_800_000) {
        let literal = literal::trino(&Value::Timestamp(millis)).unwrap();
        let Expr::TypedString(typed) = read_back(&literal) else { panic!("{literal} is no timestamp") };
        let text = typed.value.into_string().unwrap();
        prop_assert_eq!(crate::query::ValueType::Timestamp.parse(&text).unwrap(), Value::Timestamp(millis));
    }
}
