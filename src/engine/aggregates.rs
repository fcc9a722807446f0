//! The aggregate function `approx_percentile` as Trino has it: `approx_percentile(value, share)`.
//!
//! It counts each value that occurs, which is exact: the answer is the value of that rank. Where a group has more than
//! `DISTINCT` different values they are rounded to nine significant bits (an error of at most 0.2 %), so memory stays
//! bounded. Neither depends on the order of rows or on how many threads work, as a t-digest would.

use std::collections::BTreeMap;
use std::mem::{size_of, size_of_val};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type, Int64Type};
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};
use datafusion::physical_expr::expressions::Literal;
use datafusion::prelude::SessionContext;

/// How many different values of a group are told apart.
const DISTINCT: usize = 10_000;

/// The low bits of a number's mantissa that rounding takes away: 52 less the eight that are kept.
const ROUNDED_BITS: u32 = 44;

/// Makes the function known to a session.
pub(super) fn register(context: &SessionContext) {
    let signature = Signature::user_defined(Volatility::Immutable);
    context.register_udaf(AggregateUDF::new_from_impl(ApproxPercentile { signature }));
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ApproxPercentile {
    signature: Signature,
}

impl AggregateUDFImpl for ApproxPercentile {
    fn name(&self) -> &str {
        "approx_percentile"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The value keeps its type, which is also the answer's.
    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        match given {
            [value, share] if value.is_numeric() && share.is_numeric() => Ok(vec![value.clone(), DataType::Float64]),
            _ => plan_err!("approx_percentile takes a number and a share between 0 and 1"),
        }
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        match given.first() {
            Some(value) => Ok(value.clone()),
            None => plan_err!("approx_percentile takes a number and a share between 0 and 1"),
        }
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        let share = args.exprs.get(1).and_then(|share| share.downcast_ref::<Literal>()).map(Literal::value);
        match share {
            Some(ScalarValue::Float64(Some(share))) if (0.0..=1.0).contains(share) => Ok(Box::new(Percentile {
                counts: BTreeMap::new(),
                rounded: false,
                share: *share,
                kind: args.return_field.data_type().clone(),
            })),
            _ => plan_err!("the share of approx_percentile is a constant between 0 and 1"),
        }
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let list = |item| DataType::List(Arc::new(Field::new_list_field(item, true)));
        let field = |name, kind| Arc::new(Field::new(format_state_name(args.name, name), kind, true));
        Ok(vec![
            field("values", list(DataType::Float64)),
            field("counts", list(DataType::Int64)),
            field("rounded", DataType::Boolean),
        ])
    }
}

/// A group's values and how often each occurs.
#[derive(Debug)]
struct Percentile {
    /// By `ordered`, so that the order is that of the numbers.
    counts: BTreeMap<u64, u64>,
    rounded: bool,
    share: f64,
    kind: DataType,
}

/// A number's bits, arranged so that they sort as the numbers do.
fn ordered(number: f64) -> u64 {
    let bits = number.to_bits();
    if bits >> 63 == 0 { bits | (1 << 63) } else { !bits }
}

fn number(ordered: u64) -> f64 {
    f64::from_bits(if ordered >> 63 == 1 { ordered & !(1 << 63) } else { !ordered })
}

/// The nearest number that has few bits.
fn rounded(number: f64) -> f64 {
    let half = 1_u64 << (ROUNDED_BITS - 1);
    let bits = number.to_bits().saturating_add(half) >> ROUNDED_BITS << ROUNDED_BITS;
    let near = f64::from_bits(bits);
    if near.is_finite() { near } else { number }
}

impl Percentile {
    fn add(&mut self, value: f64, count: u64) {
        let value = if self.rounded { rounded(value) } else { value };
        *self.counts.entry(ordered(value)).or_default() += count;
        if self.counts.len() > DISTINCT {
            self.round();
        }
    }

    fn round(&mut self) {
        if !std::mem::replace(&mut self.rounded, true) {
            for (value, count) in std::mem::take(&mut self.counts) {
                *self.counts.entry(ordered(rounded(number(value)))).or_default() += count;
            }
        }
    }

    /// The least value that more than `share` of the values do not exceed, or the greatest: of two values the median is the
    /// second, as Trino's digest has it.
    fn value(&self) -> Option<f64> {
        let total: u64 = self.counts.values().sum();
        let rank = ((self.share * total as f64) as u64).min(total.saturating_sub(1));
        let mut below = 0;
        let at_rank = self.counts.iter().find(|(_, count)| {
            below += **count;
            below > rank
        });
        at_rank.map(|(value, _)| number(*value))
    }
}

impl Accumulator for Percentile {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let values = cast(&values[0], &DataType::Float64)?;
        for value in values.as_primitive::<Float64Type>().iter().flatten() {
            self.add(value, 1);
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        ScalarValue::Float64(self.value()).cast_to(&self.kind)
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.counts.len() * 2 * size_of::<(u64, u64)>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let values: ArrayRef = Arc::new(self.counts.keys().map(|value| number(*value)).collect::<Float64Array>());
        let counts: ArrayRef = Arc::new(self.counts.values().map(|count| *count as i64).collect::<Int64Array>());
        let list = |items: ArrayRef| {
            ScalarValue::List(Arc::new(
                datafusion::common::utils::SingleRowListArrayBuilder::new(items).build_list_array(),
            ))
        };
        Ok(vec![list(values), list(counts), ScalarValue::Boolean(Some(self.rounded))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [values, counts, rounded] = states else { return exec_err!("approx_percentile has three state columns") };
        let (values, counts, rounded) = (values.as_list::<i32>(), counts.as_list::<i32>(), rounded.as_boolean());
        for row in 0..values.len() {
            if rounded.value(row) {
                self.round();
            }
            let (values, counts) = (values.value(row), counts.value(row));
            let counts = counts.as_primitive::<Int64Type>();
            for (value, count) in values.as_primitive::<Float64Type>().values().iter().zip(counts.values()) {
                self.add(*value, count.unsigned_abs());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percentile(share: f64, values: impl IntoIterator<Item = f64>) -> Percentile {
        let mut group = Percentile { counts: BTreeMap::new(), rounded: false, share, kind: DataType::Float64 };
        values.into_iter().for_each(|value| group.add(value, 1));
        group
    }

    #[test]
    fn few_values_are_exact() {
        for (share, expected) in
            [(0.0, -3.0), (0.24, -3.0), (0.25, 0.0), (0.5, 1.5), (0.74, 1.5), (0.75, 1e9), (1.0, 1e9)]
        {
            assert_eq!(percentile(share, [1e9, -3.0, 1.5, 0.0]).value(), Some(expected), "{share}");
        }
        assert_eq!(percentile(0.5, []).value(), None);
    }

    #[test]
    fn many_values_are_within_a_fifth_of_a_percent_in_bounded_memory() {
        let group = percentile(0.9, (1..=1_000_000).map(|value| f64::from(value) * 1.001));
        let value = group.value().unwrap();
        assert!((value / 900_900.0 - 1.0).abs() < 0.002, "{value}");
        assert!(group.rounded && group.counts.len() < DISTINCT);
    }

    #[test]
    fn parts_merge_to_the_whole() {
        let mut whole = percentile(0.5, (0..100).map(f64::from));
        let mut part = percentile(0.5, (100..=200).map(f64::from));
        let state: Vec<ArrayRef> = part.state().unwrap().iter().map(|scalar| scalar.to_array().unwrap()).collect();
        whole.merge_batch(&state).unwrap();
        assert_eq!(whole.value(), Some(100.0));
    }
}
