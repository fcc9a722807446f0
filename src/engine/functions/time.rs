//! Functions of times.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::TimestampMillisecondArray;
use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, StringArray, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Float64Type, Time32MillisecondType, TimeUnit, TimestampMillisecondType};
use datafusion::common::{Result, exec_err};

use super::{failed, ints, strings, valid_text};
use crate::engine::formats::Format;
use crate::engine::times;

fn instants(array: &ArrayRef) -> &TimestampMillisecondArray {
    array.as_primitive::<TimestampMillisecondType>()
}

pub(super) fn format_times(args: &[ArrayRef], compile: fn(&str) -> Result<Format, String>) -> Result<ArrayRef> {
    let (instants, patterns) = (instants(&args[0]), strings(&args[1]));
    let mut formats: HashMap<&str, Format> = HashMap::new();
    let mut out = StringBuilder::new();
    for row in 0..instants.len() {
        let time = instants.is_valid(row).then(|| times::civil(instants.value(row))).flatten();
        match (time, valid_text(patterns, row)) {
            (Some(time), Some(pattern)) => {
                let format = compiled(&mut formats, pattern, compile)?;
                out.append_value(format.format(time));
            }
            _ => out.append_null(),
        }
    }
    Ok(Arc::new(out.finish()))
}

pub(super) fn parse_times(args: &[ArrayRef], compile: fn(&str) -> Result<Format, String>) -> Result<ArrayRef> {
    let (texts, patterns) = (strings(&args[0]), strings(&args[1]));
    let mut formats: HashMap<&str, Format> = HashMap::new();
    let mut out = TimestampMillisecondArray::builder(texts.len());
    for row in 0..texts.len() {
        match (valid_text(texts, row), valid_text(patterns, row)) {
            (Some(text), Some(pattern)) => {
                let time = compiled(&mut formats, pattern, compile)?.parse(text).map_err(failed)?;
                out.append_option(times::millis(time));
            }
            _ => out.append_null(),
        }
    }
    Ok(Arc::new(out.finish()))
}

fn compiled<'f, 'p>(
    formats: &'f mut HashMap<&'p str, Format>,
    pattern: &'p str,
    compile: fn(&str) -> Result<Format, String>,
) -> Result<&'f Format> {
    match formats.entry(pattern) {
        std::collections::hash_map::Entry::Occupied(entry) => Ok(entry.into_mut()),
        std::collections::hash_map::Entry::Vacant(entry) => Ok(entry.insert(compile(pattern).map_err(failed)?)),
    }
}

/// RFC 3339 and its shorter forms; a time without offset is UTC.
pub(super) fn iso_times(args: &[ArrayRef]) -> Result<ArrayRef> {
    let mut out = TimestampMillisecondArray::builder(args[0].len());
    for text in strings(&args[0]) {
        let Some(text) = text else {
            out.append_null();
            continue;
        };
        match crate::query::ValueType::Timestamp.parse(text) {
            Ok(crate::query::Value::Timestamp(millis)) => out.append_value(millis),
            _ => return exec_err!("{text:?} is not a time of ISO 8601"),
        }
    }
    Ok(Arc::new(out.finish()))
}

pub(super) fn to_iso8601(args: &[ArrayRef]) -> Result<ArrayRef> {
    let iso = |millis: i64| times::civil(millis).map(|time| time.strftime("%Y-%m-%dT%H:%M:%S.%3f").to_string());
    Ok(Arc::new(instants(&args[0]).iter().map(|millis| iso(millis?)).collect::<StringArray>()))
}

pub(super) fn to_unixtime(args: &[ArrayRef]) -> Result<ArrayRef> {
    let seconds = |millis: i64| millis as f64 / 1000.0;
    Ok(Arc::new(instants(&args[0]).iter().map(|millis| millis.map(seconds)).collect::<Float64Array>()))
}

pub(super) fn from_unixtime(args: &[ArrayRef]) -> Result<ArrayRef> {
    let millis = |seconds: f64| (seconds * 1000.0).round() as i64;
    let seconds = args[0].as_primitive::<Float64Type>();
    Ok(Arc::new(seconds.iter().map(|seconds| seconds.map(millis)).collect::<TimestampMillisecondArray>()))
}

pub(super) fn date_add(_: &'static str, args: &[ArrayRef]) -> Result<ArrayRef> {
    let (units, counts, instants) = (strings(&args[0]), ints(&args[1]), instants(&args[2]));
    let sums = units.iter().zip(counts).zip(instants).map(|((unit, count), time)| match (unit, count, time) {
        (Some(unit), Some(count), Some(time)) => times::add(unit, count, time).map(Some).map_err(failed),
        _ => Ok(None),
    });
    Ok(Arc::new(sums.collect::<Result<TimestampMillisecondArray>>()?))
}

pub(super) fn date_diff(_: &'static str, args: &[ArrayRef]) -> Result<ArrayRef> {
    let (units, from, to) = (strings(&args[0]), instants(&args[1]), instants(&args[2]));
    let spans = units.iter().zip(from).zip(to).map(|((unit, from), to)| match (unit, from, to) {
        (Some(unit), Some(from), Some(to)) => times::difference(unit, from, to).map(Some).map_err(failed),
        _ => Ok(None),
    });
    Ok(Arc::new(spans.collect::<Result<Int64Array>>()?))
}

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// The zone that all rows name; `None` when none does.
fn only_zone<'a>(function: &str, zones: &'a ArrayRef) -> Result<Option<&'a str>> {
    let mut named = strings(zones).iter().flatten();
    let Some(zone) = named.next() else { return Ok(None) };
    match named.find(|other| *other != zone) {
        Some(other) => exec_err!("{function} takes one time zone for all rows, not {zone:?} and {other:?}"),
        None => Ok(Some(zone)),
    }
}

/// `with_timezone(time, 'UTC')`: the engine's times have no zone and are UTC, so they stay as they are.
pub(super) fn with_timezone(name: &'static str, args: &[ArrayRef]) -> Result<ArrayRef> {
    match only_zone(name, &args[1])? {
        Some(zone) if zone != "UTC" => exec_err!("with_timezone takes 'UTC' here, not {zone:?}; at_timezone turns it"),
        _ => Ok(Arc::clone(&args[0])),
    }
}

/// `at_timezone(with_timezone(time, 'UTC'), zone)`: what a clock in that zone shows, which is what `hour` and the like read.
pub(super) fn at_timezone(name: &'static str, args: &[ArrayRef]) -> Result<ArrayRef> {
    let Some(zone) = only_zone(name, &args[1])? else {
        return Ok(arrow::array::new_null_array(&super::TIME, args[0].len()));
    };
    let zoned: ArrayRef = Arc::new(instants(&args[0]).clone().with_timezone(zone));
    let unknown = |why| failed(format!("{zone:?} is not a time zone: {why}"));
    let days = cast(&zoned, &DataType::Date32).map_err(unknown)?;
    let times = cast(&zoned, &DataType::Time32(TimeUnit::Millisecond)).map_err(unknown)?;
    let days = days.as_primitive::<Date32Type>();
    let times = times.as_primitive::<Time32MillisecondType>();
    let shown = days.iter().zip(times).map(|(day, time)| Some(i64::from(day?) * DAY_MS + i64::from(time?)));
    Ok(Arc::new(shown.collect::<TimestampMillisecondArray>()))
}

pub(super) fn time_part(name: &'static str, args: &[ArrayRef]) -> Result<ArrayRef> {
    let parts = instants(&args[0]).iter().map(|millis| times::part(name, times::civil(millis?)?));
    Ok(Arc::new(parts.collect::<Int64Array>()))
}
