//! Scalar functions that Athena has and the engine lacks, or has with another meaning. docs/sql.md lists them.

mod time;

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, ListBuilder, StringArray, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int64Type, TimeUnit};
use datafusion::common::{DataFusionError, Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use datafusion::prelude::SessionContext;
use regex::Regex;

use super::formats::Format;
use super::text;
use time::{
    at_timezone, date_add, date_diff, format_times, from_unixtime, iso_times, parse_times, time_part, to_iso8601,
    to_unixtime, with_timezone,
};

const TIME: DataType = DataType::Timestamp(TimeUnit::Millisecond, None);

/// What an argument is made into before the function sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Int,
    Double,
    /// A time in milliseconds, UTC; a date is its midnight.
    Time,
}

impl Kind {
    fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Int => DataType::Int64,
            Self::Double => DataType::Float64,
            Self::Time => TIME,
        }
    }

    /// Whether an argument of this type is taken, instead of being a mistake that a cast would hide.
    fn accepts(self, given: &DataType) -> bool {
        let text = matches!(given, DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8);
        given.is_null()
            || match self {
                Self::Text => text,
                Self::Int => given.is_integer(),
                Self::Double => given.is_numeric(),
                Self::Time => given.is_temporal(),
            }
    }
}

type Call = fn(&'static str, &[ArrayRef]) -> Result<ArrayRef>;

/// A function as this module's table has it. It is known by its name.
#[derive(Debug)]
struct Function {
    name: &'static str,
    args: &'static [Kind],
    /// How many of `args` must be given.
    required: usize,
    returns: DataType,
    call: Call,
    signature: Signature,
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.returns.clone())
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        if given.len() < self.required || given.len() > self.args.len() {
            return plan_err!("{} takes {} to {} arguments", self.name, self.required, self.args.len());
        }
        match given.iter().zip(self.args).find(|(given, kind)| !kind.accepts(given)) {
            Some((given, kind)) => plan_err!("{} takes {kind:?}, not {given}", self.name),
            None => Ok(self.args.iter().take(given.len()).map(|kind| kind.data_type()).collect()),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let arrays = args.args.into_iter().map(|arg| arg.into_array(rows)).collect::<Result<Vec<_>>>()?;
        let result = (self.call)(self.name, &arrays)?;
        match constant {
            true => Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?)),
            false => Ok(ColumnarValue::Array(result)),
        }
    }
}

/// Makes the functions known to a session; those that the engine has under the same names give way.
pub(super) fn register(context: &SessionContext) {
    use Kind::{Double, Int, Text, Time};
    let texts = DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)));
    let mut table: Vec<(&'static str, &'static [Kind], usize, DataType, Call)> = vec![
        ("url_decode", &[Text], 1, DataType::Utf8, |_, args| map_text(args, text::url_decode)),
        ("url_encode", &[Text], 1, DataType::Utf8, |_, args| map_text(args, |text| Some(text::url_encode(text)))),
        ("url_extract_host", &[Text], 1, DataType::Utf8, |_, args| map_text(args, text::url_host)),
        ("url_extract_path", &[Text], 1, DataType::Utf8, |_, args| map_text(args, text::url_path)),
        ("url_extract_query", &[Text], 1, DataType::Utf8, |_, args| map_text(args, text::url_query)),
        ("url_extract_parameter", &[Text, Text], 2, DataType::Utf8, |_, args| map_texts(args, text::url_parameter)),
        ("json_extract_scalar", &[Text, Text], 2, DataType::Utf8, |_, args| map_texts(args, text::json_scalar)),
        ("json_extract", &[Text, Text], 2, DataType::Utf8, |_, args| map_texts(args, text::json_value)),
        ("split", &[Text, Text, Int], 2, texts, split),
        ("split_part", &[Text, Text, Int], 3, DataType::Utf8, split_part),
        ("regexp_extract", &[Text, Text, Int], 2, DataType::Utf8, regexp_extract),
        ("regexp_replace", &[Text, Text, Text], 2, DataType::Utf8, regexp_replace),
        ("date_format", &[Time, Text], 2, DataType::Utf8, |_, args| format_times(args, Format::mysql)),
        ("format_datetime", &[Time, Text], 2, DataType::Utf8, |_, args| format_times(args, Format::joda)),
        ("date_parse", &[Text, Text], 2, TIME, |_, args| parse_times(args, Format::mysql)),
        ("parse_datetime", &[Text, Text], 2, TIME, |_, args| parse_times(args, Format::joda)),
        ("from_iso8601_timestamp", &[Text], 1, TIME, |_, args| iso_times(args)),
        ("from_iso8601_date", &[Text], 1, DataType::Date32, |_, args| Ok(cast(&iso_times(args)?, &DataType::Date32)?)),
        ("to_iso8601", &[Time], 1, DataType::Utf8, |_, args| to_iso8601(args)),
        ("to_unixtime", &[Time], 1, DataType::Float64, |_, args| to_unixtime(args)),
        ("from_unixtime", &[Double], 1, TIME, |_, args| from_unixtime(args)),
        ("date_add", &[Text, Int, Time], 3, TIME, date_add),
        ("date_diff", &[Text, Time, Time], 3, DataType::Int64, date_diff),
        ("with_timezone", &[Time, Text], 2, TIME, with_timezone),
        ("at_timezone", &[Time, Text], 2, TIME, at_timezone),
    ];
    for part in PARTS {
        table.push((part, &[Time], 1, DataType::Int64, time_part));
    }
    for (name, args, required, returns, call) in table {
        let signature = Signature::user_defined(Volatility::Immutable);
        context.register_udf(ScalarUDF::new_from_impl(Function { name, args, required, returns, call, signature }));
    }
}

/// Functions of one time that give a part of it.
const PARTS: [&str; 14] = [
    "year",
    "quarter",
    "month",
    "week",
    "week_of_year",
    "day",
    "day_of_month",
    "day_of_week",
    "dow",
    "day_of_year",
    "doy",
    "hour",
    "minute",
    "second",
];

fn strings(array: &ArrayRef) -> &StringArray {
    array.as_string::<i32>()
}

fn ints(array: &ArrayRef) -> &Int64Array {
    array.as_primitive::<Int64Type>()
}

fn failed(why: String) -> DataFusionError {
    DataFusionError::Execution(why)
}

fn map_text(args: &[ArrayRef], call: impl Fn(&str) -> Option<String>) -> Result<ArrayRef> {
    Ok(Arc::new(strings(&args[0]).iter().map(|text| call(text?)).collect::<StringArray>()))
}

fn map_texts(args: &[ArrayRef], call: impl Fn(&str, &str) -> Option<String>) -> Result<ArrayRef> {
    let pairs = strings(&args[0]).iter().zip(strings(&args[1]));
    Ok(Arc::new(pairs.map(|(first, second)| call(first?, second?)).collect::<StringArray>()))
}

/// What is made of a pattern, once for each pattern that occurs: in nearly every query that is one.
struct Cache<T> {
    made: HashMap<String, T>,
    make: fn(&str) -> Result<T>,
}

impl<T> Cache<T> {
    fn new(make: fn(&str) -> Result<T>) -> Self {
        Self { made: HashMap::new(), make }
    }

    fn get(&mut self, pattern: &str) -> Result<&T> {
        if !self.made.contains_key(pattern) {
            let new = (self.make)(pattern)?;
            self.made.insert(pattern.to_owned(), new);
        }
        self.made.get(pattern).ok_or_else(|| failed(format!("the pattern {pattern:?} is lost")))
    }
}

fn regex(pattern: &str) -> Result<Regex> {
    Regex::new(pattern).map_err(|error| failed(format!("{pattern:?} is no regular expression: {error}")))
}

/// `regexp_extract(text, pattern [, group])`: null where nothing matches.
fn regexp_extract(_: &'static str, args: &[ArrayRef]) -> Result<ArrayRef> {
    let mut cache = Cache::new(regex);
    let (texts, patterns) = (strings(&args[0]), strings(&args[1]));
    let mut out = StringBuilder::new();
    for row in 0..texts.len() {
        let group = args.get(2).map_or(Some(0), |groups| valid(ints(groups), row));
        let found = match (valid_text(texts, row), valid_text(patterns, row), group) {
            (Some(text), Some(pattern), Some(group)) => {
                let regex = cache.get(pattern)?;
                let group = usize::try_from(group).ok().filter(|group| *group < regex.captures_len());
                let Some(group) = group else {
                    return exec_err!("the pattern {pattern:?} has {} groups", regex.captures_len() - 1);
                };
                regex.captures(text).and_then(|captures| captures.get(group)).map(|found| found.as_str())
            }
            _ => None,
        };
        out.append_option(found);
    }
    Ok(Arc::new(out.finish()))
}

/// `regexp_replace(text, pattern [, replacement])`: every match; groups are `$1` or `${name}`.
fn regexp_replace(_: &'static str, args: &[ArrayRef]) -> Result<ArrayRef> {
    let mut cache = Cache::new(regex);
    let (texts, patterns) = (strings(&args[0]), strings(&args[1]));
    let mut out = StringBuilder::new();
    for row in 0..texts.len() {
        let replacement = args.get(2).map_or(Some(""), |texts| valid_text(strings(texts), row));
        match (valid_text(texts, row), valid_text(patterns, row), replacement) {
            // The library reads `$1x` as a group called `1x`, Trino as group 1 and an x.
            (Some(text), Some(pattern), Some(replacement)) => {
                out.append_value(cache.get(pattern)?.replace_all(text, text::braced_groups(replacement).as_str()))
            }
            _ => out.append_null(),
        }
    }
    Ok(Arc::new(out.finish()))
}

fn valid(array: &Int64Array, row: usize) -> Option<i64> {
    array.is_valid(row).then(|| array.value(row))
}

fn valid_text(array: &StringArray, row: usize) -> Option<&str> {
    array.is_valid(row).then(|| array.value(row))
}

/// `split(text, delimiter [, limit])`: with a limit, the last part keeps the rest.
fn split(_: &'static str, args: &[ArrayRef]) -> Result<ArrayRef> {
    let (texts, delimiters) = (strings(&args[0]), strings(&args[1]));
    let mut out = ListBuilder::new(StringBuilder::new());
    for row in 0..texts.len() {
        let limit = args.get(2).map_or(Some(i64::MAX), |limits| valid(ints(limits), row));
        let (Some(text), Some(delimiter), Some(limit)) = (valid_text(texts, row), valid_text(delimiters, row), limit)
        else {
            out.append_null();
            continue;
        };
        let limit = usize::try_from(limit).ok().filter(|limit| *limit > 0);
        let Some(limit) = limit.filter(|_| !delimiter.is_empty()) else {
            return exec_err!("split takes a delimiter that is not empty and a limit above 0");
        };
        text.splitn(limit, delimiter).for_each(|part| out.values().append_value(part));
        out.append(true);
    }
    Ok(Arc::new(out.finish()))
}

/// `split_part(text, delimiter, index)`: counted from 1; null where there are fewer parts.
fn split_part(_: &'static str, args: &[ArrayRef]) -> Result<ArrayRef> {
    let (texts, delimiters, indexes) = (strings(&args[0]), strings(&args[1]), ints(&args[2]));
    let mut out = StringBuilder::new();
    for row in 0..texts.len() {
        let (Some(text), Some(delimiter), Some(index)) =
            (valid_text(texts, row), valid_text(delimiters, row), valid(indexes, row))
        else {
            out.append_null();
            continue;
        };
        let Some(index) = usize::try_from(index).ok().filter(|index| *index > 0 && !delimiter.is_empty()) else {
            return exec_err!("split_part takes a delimiter that is not empty and an index above 0");
        };
        out.append_option(text.split(delimiter).nth(index - 1));
    }
    Ok(Arc::new(out.finish()))
}
