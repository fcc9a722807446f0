//! Athena's dialect on the embedded engine: what parses alike and means something else is rewritten in the syntax tree.

use std::ops::ControlFlow;

use datafusion::sql::parser::Statement as EngineStatement;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CaseWhen, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, ObjectName, ObjectNamePart, OrderByExpr, OrderByOptions, Statement, TypedString,
    UnaryOperator, Value as Literal, ValueWithSpan, VisitMut, VisitorMut, helpers::attached_token::AttachedToken,
};
use datafusion::sql::sqlparser::ast::{FunctionArgumentClause, TimezoneInfo};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use crate::error::{Error, Result};
use crate::query::{Value, literal};

/// How deep expressions may nest: a stack holds them while they are parsed and planned.
const DEPTH: usize = 50;

/// Reads one statement and puts `values` where its `?` stand, as values: they never become text that is parsed.
///
/// # Errors
/// A usage error when the text is not one statement that reads, or has another number of `?`.
pub(super) fn parse(sql: &str, values: &[Value]) -> Result<EngineStatement> {
    let not_understood = |why: &dyn std::fmt::Display| Error::usage("the statement cannot be understood").because(why);
    let dialect = GenericDialect {};
    let mut tokens = Tokenizer::new(&dialect, sql).tokenize().map_err(|error| not_understood(&error))?;
    let placeholders = number_placeholders(&mut tokens);
    if placeholders != values.len() {
        return Err(not_understood(&format!("it has {placeholders} `?`, and {} values are given", values.len()))
            .hint("write values into a statement of your own; only saved queries take parameters"));
    }
    let mut statements = Parser::new(&dialect)
        .with_recursion_limit(DEPTH)
        .with_tokens(tokens)
        .parse_statements()
        .map_err(|error| not_understood(&error))?;
    let (Some(mut statement), true) = (statements.pop(), statements.is_empty()) else {
        return Err(not_understood(&"there must be exactly one statement"));
    };
    only_reading(&statement)?;
    match statement.visit(&mut Rewriter { values }) {
        ControlFlow::Continue(()) => Ok(EngineStatement::Statement(Box::new(statement))),
        ControlFlow::Break(error) => Err(error),
    }
}

/// Gives each `?` the number of its place, because a syntax tree is not walked in the order of the text.
fn number_placeholders(tokens: &mut [Token]) -> usize {
    let mut count = 0;
    for token in tokens {
        if matches!(token, Token::Question | Token::Placeholder(_)) {
            count += 1;
            *token = Token::Placeholder(format!("${count}"));
        }
    }
    count
}

/// Refuses what writes before it is planned; planning checks again, for what hides deeper.
fn only_reading(statement: &Statement) -> Result<()> {
    match statement {
        Statement::Query(_)
        | Statement::Explain { .. }
        | Statement::ExplainTable { .. }
        | Statement::ShowTables { .. }
        | Statement::ShowColumns { .. } => Ok(()),
        _ => Err(Error::usage("only statements that read are allowed").hint("start with SELECT or WITH")),
    }
}

struct Rewriter<'a> {
    values: &'a [Value],
}

impl VisitorMut for Rewriter<'_> {
    type Break = Error;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        match self.rewritten(expr) {
            Ok(Some(new)) => *expr = new,
            Ok(None) => {}
            Err(error) => return ControlFlow::Break(error),
        }
        ControlFlow::Continue(())
    }
}

impl Rewriter<'_> {
    fn rewritten(&self, expr: &mut Expr) -> Result<Option<Expr>> {
        match expr {
            Expr::Value(ValueWithSpan { value: Literal::Placeholder(name), .. }) => self.bound(name).map(Some),
            Expr::TypedString(typed) => Ok(timestamp_literal(typed)),
            Expr::Function(function) => rewrite_function(function),
            Expr::Like { pattern, escape_char, .. } | Expr::ILike { pattern, escape_char, .. } => {
                rewrite_pattern(pattern, escape_char);
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    fn bound(&self, name: &str) -> Result<Expr> {
        let number: Option<usize> = name.strip_prefix('$').and_then(|digits| digits.parse().ok());
        match number.and_then(|number| self.values.get(number.checked_sub(1)?)) {
            Some(value) => value_expr(value),
            None => Err(Error::failed(format!("the placeholder {name} has no value"))),
        }
    }
}

/// A value as a node of the syntax tree.
fn value_expr(value: &Value) -> Result<Expr> {
    Ok(match value {
        Value::Null => value_node(Literal::Null),
        Value::String(text) => string(text),
        Value::Boolean(truth) => value_node(Literal::Boolean(*truth)),
        Value::BigInt(number) => signed(number.unsigned_abs().to_string(), *number < 0),
        Value::Double(number) => signed(format!("{:E}", number.abs()), number.is_sign_negative()),
        Value::Timestamp(millis) => milliseconds(string(&literal::timestamp_text(*millis)?)),
        Value::Date(date) => Expr::TypedString(TypedString {
            data_type: DataType::Date,
            value: Literal::SingleQuotedString(date.to_string()).into(),
            uses_odbc_syntax: false,
        }),
    })
}

fn value_node(value: Literal) -> Expr {
    Expr::Value(value.into())
}

fn string(text: &str) -> Expr {
    value_node(Literal::SingleQuotedString(text.to_owned()))
}

fn signed(digits: String, negative: bool) -> Expr {
    let number = value_node(Literal::Number(digits, false));
    match negative {
        true => Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(number) },
        false => number,
    }
}

/// `TIMESTAMP '…'` in milliseconds: the engine would take nanoseconds, which end in the year 2262.
fn timestamp_literal(typed: &TypedString) -> Option<Expr> {
    let TypedString { data_type: DataType::Timestamp(_, TimezoneInfo::None), value, .. } = typed else { return None };
    match &value.value {
        Literal::SingleQuotedString(text) => Some(milliseconds(string(text))),
        _ => None,
    }
}

fn milliseconds(text: Expr) -> Expr {
    call("arrow_cast", vec![text, string("Timestamp(Millisecond, None)")])
}

/// The engine's LIKE escapes with a backslash and nothing else; Trino's with what ESCAPE names, and else not at all.
fn rewrite_pattern(pattern: &mut Expr, escape: &mut Option<ValueWithSpan>) {
    let Expr::Value(ValueWithSpan { value: Literal::SingleQuotedString(text), .. }) = pattern else { return };
    let escape = match escape.take().map(|escape| escape.value) {
        Some(Literal::SingleQuotedString(escape)) => escape.chars().next(),
        _ => None,
    };
    let mut escaped = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let literal = if Some(character) == escape { characters.next() } else { None };
        match literal {
            Some(literal) => escaped.extend(['\\', literal]),
            None if character == '\\' => escaped.push_str("\\\\"),
            None => escaped.push(character),
        }
    }
    *pattern = string(&escaped);
}

fn call(name: &str, args: Vec<Expr>) -> Expr {
    Expr::Function(Function {
        name: object_name(name),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: argument_list(args),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

fn object_name(name: &str) -> ObjectName {
    ObjectName(vec![ObjectNamePart::Identifier(Ident::new(name))])
}

fn argument_list(args: Vec<Expr>) -> FunctionArguments {
    FunctionArguments::List(FunctionArgumentList {
        duplicate_treatment: None,
        args: args.into_iter().map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))).collect(),
        clauses: Vec::new(),
    })
}

/// Functions of Trino that the engine has under another name, or can express in another way.
fn rewrite_function(function: &mut Function) -> Result<Option<Expr>> {
    let [ObjectNamePart::Identifier(ident)] = function.name.0.as_slice() else { return Ok(None) };
    let name = ident.value.to_ascii_lowercase();
    let Some(args) = plain_arguments(&function.args) else { return Ok(None) };
    let renamed = match (name.as_str(), args.len()) {
        ("contains", 2) => "array_has",
        ("element_at", 2) => "array_element",
        ("sequence", 2 | 3) => "generate_series",
        ("arbitrary", 1) => "any_value",
        ("listagg", 1 | 2) => {
            let order = std::mem::take(&mut function.within_group);
            if let (false, FunctionArguments::List(list)) = (order.is_empty(), &mut function.args) {
                list.clauses.push(FunctionArgumentClause::OrderBy(order));
            }
            "string_agg"
        }
        ("if", 2 | 3) => return Ok(Some(case(args))),
        ("date", 1) => return Ok(Some(cast(CastKind::Cast, args, DataType::Date))),
        ("try", 1) => return Ok(Some(try_cast(args))),
        ("concat", 2..) => return Ok(Some(concatenated(args))),
        ("count_if", 1) => return Ok(Some(count_if(function, args))),
        ("max_by", 2) => return Ok(Some(extreme_by(function, args, false))),
        ("min_by", 2) => return Ok(Some(extreme_by(function, args, true))),
        ("approx_percentile", 2) => return Ok(percentiles(function, args)),
        _ => return Ok(None),
    };
    function.name = object_name(renamed);
    Ok(None)
}

/// The arguments, where they are nothing but expressions.
fn plain_arguments(arguments: &FunctionArguments) -> Option<Vec<Expr>> {
    let FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses }) = arguments else {
        return None;
    };
    let expression = |arg: &FunctionArg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
        _ => None,
    };
    args.iter().map(expression).collect::<Option<Vec<_>>>().filter(|_| clauses.is_empty())
}

/// `concat(a, b, …)`: the engine's own leaves nulls out, where Trino's answers null, as `||` does in both.
fn concatenated(args: Vec<Expr>) -> Expr {
    let join =
        |left, right| Expr::BinaryOp { left: Box::new(left), op: BinaryOperator::StringConcat, right: Box::new(right) };
    args.into_iter().reduce(join).unwrap_or_else(|| value_node(Literal::Null))
}

/// `if(condition, then [, else])`.
fn case(args: Vec<Expr>) -> Expr {
    let mut args = args.into_iter();
    let condition = args.next().unwrap_or_else(|| value_node(Literal::Null));
    let result = args.next().unwrap_or_else(|| value_node(Literal::Null));
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![CaseWhen { condition, result }],
        else_result: args.next().map(Box::new),
    }
}

fn cast(kind: CastKind, args: Vec<Expr>, data_type: DataType) -> Expr {
    let expr = args.into_iter().next().unwrap_or_else(|| value_node(Literal::Null));
    Expr::Cast { kind, expr: Box::new(expr), data_type, array: false, format: None }
}

/// `try(CAST(x AS t))`; around anything else `try` has nothing to catch here.
fn try_cast(args: Vec<Expr>) -> Expr {
    match args.into_iter().next() {
        Some(Expr::Cast { kind: CastKind::Cast, expr, data_type, array, format }) => {
            Expr::Cast { kind: CastKind::TryCast, expr, data_type, array, format }
        }
        other => Expr::Nested(Box::new(other.unwrap_or_else(|| value_node(Literal::Null)))),
    }
}

/// `count_if(x)` is `count(CASE WHEN x THEN 1 END)`.
fn count_if(function: &Function, args: Vec<Expr>) -> Expr {
    let counted = case(args.into_iter().chain([value_node(Literal::Number("1".to_owned(), false))]).collect());
    let args = argument_list(vec![counted]);
    Expr::Function(Function { name: object_name("count"), args, ..function.clone() })
}

/// `max_by(x, y)` is the first `x` in the order of falling `y`; rows without `y` do not take part.
fn extreme_by(function: &Function, args: Vec<Expr>, ascending: bool) -> Expr {
    let mut args = args.into_iter();
    let (Some(value), Some(order)) = (args.next(), args.next()) else { return Expr::Function(function.clone()) };
    let present = Expr::IsNotNull(Box::new(order.clone()));
    let filter = match &function.filter {
        Some(filter) => Expr::BinaryOp {
            left: Box::new(Expr::Nested(filter.clone())),
            op: datafusion::sql::sqlparser::ast::BinaryOperator::And,
            right: Box::new(present),
        },
        None => present,
    };
    let by = OrderByExpr {
        expr: order,
        options: OrderByOptions { asc: Some(ascending), nulls_first: Some(false) },
        with_fill: None,
    };
    let FunctionArguments::List(mut list) = argument_list(vec![value]) else { return Expr::Function(function.clone()) };
    list.clauses.push(FunctionArgumentClause::OrderBy(vec![by]));
    Expr::Function(Function {
        name: object_name("first_value"),
        args: FunctionArguments::List(list),
        filter: Some(Box::new(filter)),
        ..function.clone()
    })
}

/// `approx_percentile(x, ARRAY[p, q])` is an array of single percentiles.
fn percentiles(function: &Function, args: Vec<Expr>) -> Option<Expr> {
    let mut args = args.into_iter();
    let (Some(value), Some(Expr::Array(array))) = (args.next(), args.next()) else { return None };
    let single = |share: Expr| {
        let args = argument_list(vec![value.clone(), share]);
        Expr::Function(Function { args, ..function.clone() })
    };
    Some(call("make_array", array.elem.into_iter().map(single).collect()))
}

#[cfg(test)]
mod tests;
