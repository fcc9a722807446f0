//! The dashboard's sheets, as data, and as QuickSight's definition of a dashboard says them.

use serde_json::{Value as Json, json};

use super::data_sets::{DAYS, DAYS_AGO};
use super::{DataSet, asks};
use crate::config::cloud::QuickSight;

/// How many values a bar chart has, before all others are one bar.
const BARS: u32 = 20;
/// Columns and rows of QuickSight's grid: a sheet has 36 columns.
const GRID: u32 = 36;
const ROWS: u32 = 12;

struct Sheet {
    id: &'static str,
    name: &'static str,
    visuals: &'static [Visual],
}

struct Visual {
    id: &'static str,
    title: &'static str,
    /// What a viewer should know; may be empty.
    note: &'static str,
    set: &'static str,
    kind: Kind,
}

enum Kind {
    /// Lines over time, by hour or day; each value a line, or each value of `by`.
    Lines { every: &'static str, by: Option<&'static str>, values: &'static [Value] },
    /// Bars, the largest first.
    Bars { by: &'static str, values: &'static [Value] },
    /// One number.
    Number(Value),
    /// A table, the largest first.
    Table { by: &'static [&'static str], values: &'static [Value] },
}

/// A column, and how values of several rows become one.
type Value = (&'static str, &'static str);

const fn sum(column: &'static str) -> Value {
    (column, "SUM")
}

/// Percentiles of parts do not add up to one of the whole: the worst part is shown.
const fn worst(column: &'static str) -> Value {
    (column, "MAX")
}

const fn visual(id: &'static str, title: &'static str, set: &'static str, kind: Kind) -> Visual {
    Visual { id, title, note: "", set, kind }
}

const fn noted(id: &'static str, title: &'static str, note: &'static str, set: &'static str, kind: Kind) -> Visual {
    Visual { id, title, note, set, kind }
}

const WORST: &str = "Of each hour and bucket; where several stand together, the worst of them.";
const REQUESTS: &[Value] = &[sum("requests")];

const SHEETS: &[Sheet] = &[
    Sheet {
        id: "traffic",
        name: "Traffic",
        visuals: &[
            visual(
                "requests-by-hour",
                "Requests and errors by hour",
                "traffic",
                Kind::Lines {
                    every: "HOUR",
                    by: None,
                    values: &[sum("requests"), sum("client_errors"), sum("service_errors")],
                },
            ),
            visual(
                "bytes-by-hour",
                "Bytes by hour",
                "traffic",
                Kind::Lines { every: "HOUR", by: None, values: &[sum("bytes_sent"), sum("bytes_uploaded")] },
            ),
            visual("by-bucket", "By bucket", "traffic", Kind::Bars { by: "bucket_name", values: REQUESTS }),
            visual("by-operation", "By operation", "traffic", Kind::Bars { by: "operation", values: REQUESTS }),
            visual("by-status", "By status class", "traffic", Kind::Bars { by: "status", values: REQUESTS }),
            visual("by-error", "By error", "errors", Kind::Bars { by: "error", values: REQUESTS }),
            visual(
                "buckets",
                "Buckets",
                "traffic",
                Kind::Table {
                    by: &["bucket_name"],
                    values: &[
                        sum("requests"),
                        sum("client_errors"),
                        sum("service_errors"),
                        sum("bytes_sent"),
                        sum("bytes_uploaded"),
                    ],
                },
            ),
        ],
    },
    Sheet {
        id: "clients",
        name: "Clients and prefixes",
        visuals: &[
            visual("by-requester", "By requester", "requesters", Kind::Bars { by: "requester", values: REQUESTS }),
            visual("by-address", "By address", "addresses", Kind::Bars { by: "remoteip", values: REQUESTS }),
            visual("by-agent", "By user agent", "agents", Kind::Bars { by: "useragent", values: REQUESTS }),
            visual("by-prefix", "By key prefix", "prefixes", Kind::Bars { by: "prefix", values: REQUESTS }),
            visual(
                "prefixes",
                "Key prefixes",
                "prefixes",
                Kind::Table {
                    by: &["bucket_name", "prefix"],
                    values: &[sum("requests"), sum("errors"), sum("bytes_sent")],
                },
            ),
        ],
    },
    Sheet {
        id: "latency",
        name: "Latency",
        visuals: &[
            noted(
                "turnaround",
                "Turn-around time in ms, 90th percentile by operation",
                WORST,
                "latency",
                Kind::Lines { every: "HOUR", by: Some("operation"), values: &[worst("turnaround_p90")] },
            ),
            noted(
                "percentiles",
                "Percentiles in ms by operation",
                WORST,
                "latency",
                Kind::Table {
                    by: &["operation"],
                    values: &[
                        sum("requests"),
                        worst("turnaround_p50"),
                        worst("turnaround_p90"),
                        worst("turnaround_p99"),
                        worst("total_p50"),
                        worst("total_p90"),
                        worst("total_p99"),
                    ],
                },
            ),
        ],
    },
    Sheet {
        id: "deletions",
        name: "Deletions and lifecycle",
        visuals: &[
            visual(
                "deletions-by-day",
                "Objects by day",
                "deletions",
                Kind::Lines { every: "DAY", by: Some("action"), values: &[sum("objects")] },
            ),
            visual("by-action", "By action", "deletions", Kind::Bars { by: "action", values: &[sum("objects")] }),
            visual(
                "actions",
                "By bucket and action",
                "deletions",
                Kind::Table { by: &["bucket_name", "action"], values: &[sum("objects"), sum("bytes")] },
            ),
        ],
    },
    Sheet {
        id: "security",
        name: "Security",
        visuals: &[
            visual("anonymous", "Unauthenticated requests", "security", Kind::Number(sum("anonymous"))),
            visual("access-denied", "Refused with 403", "security", Kind::Number(sum("access_denied"))),
            visual("insecure-tls", "Plain HTTP, or TLS below 1.2", "security", Kind::Number(sum("insecure_tls"))),
            visual("legacy-signature", "Signed with SigV2", "security", Kind::Number(sum("legacy_signature"))),
            visual("acl-required", "Allowed by an ACL alone", "security", Kind::Number(sum("acl_required"))),
            visual("by-tls", "By TLS version", "security", Kind::Bars { by: "tls", values: REQUESTS }),
            visual(
                "by-signature",
                "By signature version",
                "security",
                Kind::Bars { by: "signature", values: REQUESTS },
            ),
            visual(
                "findings",
                "By bucket",
                "security",
                Kind::Table {
                    by: &["bucket_name"],
                    values: &[
                        sum("anonymous"),
                        sum("access_denied"),
                        sum("insecure_tls"),
                        sum("legacy_signature"),
                        sum("acl_required"),
                    ],
                },
            ),
        ],
    },
    Sheet {
        id: "costs",
        name: "Costs by requester",
        visuals: &[
            noted(
                "billed",
                "What S3 bills for",
                "Writes: PUT, COPY, POST and LIST. Reads: GET and all others. Bytes to the internet are not told apart.",
                "requesters",
                Kind::Table {
                    by: &["account", "requester", "role", "bucket_name"],
                    values: &[
                        sum("write_requests"),
                        sum("read_requests"),
                        sum("bytes_sent"),
                        sum("bytes_other_region"),
                        sum("bytes_uploaded"),
                    ],
                },
            ),
            visual(
                "by-account",
                "Bytes by account",
                "requesters",
                Kind::Bars { by: "account", values: &[sum("bytes_sent")] },
            ),
            visual(
                "bytes-by-requester",
                "Bytes by requester",
                "requesters",
                Kind::Bars { by: "requester", values: &[sum("bytes_sent")] },
            ),
        ],
    },
    Sheet {
        id: "trail",
        name: "CloudTrail",
        visuals: &[
            visual(
                "calls-by-day",
                "Calls, errors and writes by day",
                "trail",
                Kind::Lines { every: "DAY", by: None, values: &[sum("calls"), sum("errors"), sum("writes")] },
            ),
            visual("by-call", "By call", "trail", Kind::Bars { by: "call", values: &[sum("calls")] }),
            visual("by-call-error", "By error", "trail", Kind::Bars { by: "errorcode", values: &[sum("errors")] }),
            visual("by-principal", "By principal", "trail", Kind::Bars { by: "principal", values: &[sum("calls")] }),
            visual("by-caller-address", "By address", "trail", Kind::Bars { by: "address", values: &[sum("calls")] }),
            visual("by-region", "By Region", "trail", Kind::Bars { by: "region", values: &[sum("calls")] }),
        ],
    },
];

/// The sheets whose data sets there are.
fn wanted_sheets(sets: &[DataSet]) -> impl Iterator<Item = &'static Sheet> {
    let there = |sheet: &&Sheet| sheet.visuals.iter().all(|visual| sets.iter().any(|set| set.id() == visual.set));
    SHEETS.iter().filter(there)
}

/// The sheets as the definition says them.
pub(super) fn printed(wanted: &QuickSight, sets: &[DataSet]) -> Vec<Json> {
    wanted_sheets(sets).map(|sheet| sheet.printed(wanted)).collect()
}

/// What a viewer can set: how many days, and how long ago. Each data set that asks is told.
pub(super) fn parameters(wanted: &QuickSight, sets: &[DataSet]) -> Vec<Json> {
    if !asks(wanted) {
        return Vec::new();
    }
    let one = |name: &str, value: u32| {
        let mapped: Vec<Json> =
            sets.iter().map(|set| json!({ "DataSetIdentifier": set.id(), "DataSetParameterName": name })).collect();
        json!({ "IntegerParameterDeclaration": {
            "Name": name,
            "ParameterValueType": "SINGLE_VALUED",
            "DefaultValues": { "StaticValues": [value] },
            "MappedDataSetParameters": mapped,
        }})
    };
    vec![one(DAYS, wanted.days), one(DAYS_AGO, 0)]
}

/// Filters that act on every visual of every sheet: all data sets have these two columns.
pub(super) fn filters(sets: &[DataSet]) -> Vec<Json> {
    let Some(first) = sets.first() else { return Vec::new() };
    let column = |name: &str| json!({ "DataSetIdentifier": first.id(), "ColumnName": name });
    let rolling = |days: i32| {
        json!({ "RollingDate": {
            "DataSetIdentifier": first.id(),
            "Expression": format!("addDateTime({days}, 'DD', truncDate('DD', now()))"),
        }})
    };
    let group = |id: &str, filter: Json| {
        json!({
            "FilterGroupId": id,
            "CrossDataset": "ALL_DATASETS",
            "ScopeConfiguration": { "AllSheets": {} },
            "Status": "ENABLED",
            "Filters": [filter],
        })
    };
    vec![
        group(
            "buckets",
            json!({ "CategoryFilter": {
                "FilterId": "bucket",
                "Column": column("bucket_name"),
                "Configuration": { "FilterListConfiguration": {
                    "MatchOperator": "CONTAINS", "SelectAllOptions": "FILTER_ALL_VALUES",
                }},
                "DefaultFilterControlConfiguration": {
                    "Title": "Buckets",
                    "ControlOptions": { "DefaultDropdownOptions": { "Type": "MULTI_SELECT" } },
                },
            }}),
        ),
        group(
            "times",
            json!({ "TimeRangeFilter": {
                "FilterId": "time",
                "Column": column("period"),
                "NullOption": "NON_NULLS_ONLY",
                "IncludeMinimum": true,
                "IncludeMaximum": true,
                "TimeGranularity": "DAY",
                // All that a data set may give: it has its own bounds.
                "RangeMinimumValue": rolling(-3660),
                "RangeMaximumValue": rolling(1),
                "DefaultFilterControlConfiguration": {
                    "Title": "From and to",
                    "ControlOptions": { "DefaultDateTimePickerOptions": { "Type": "DATE_RANGE" } },
                },
            }}),
        ),
    ]
}

impl Sheet {
    fn printed(&self, wanted: &QuickSight) -> Json {
        let id = self.id;
        let (bucket, time) = (format!("{id}-bucket"), format!("{id}-time"));
        let mut controls = vec![control(&bucket, "FILTER_CONTROL"), control(&time, "FILTER_CONTROL")];
        let mut asked = Vec::new();
        if asks(wanted) {
            let (days, ago) = (format!("{id}-days"), format!("{id}-days-ago"));
            asked = vec![
                json!({ "Dropdown": {
                    "ParameterControlId": days, "Title": "Days", "SourceParameterName": DAYS, "Type": "SINGLE_SELECT",
                    "SelectableValues": { "Values": choices(wanted.days) },
                }}),
                json!({ "TextField": {
                    "ParameterControlId": ago, "Title": "Days ago", "SourceParameterName": DAYS_AGO,
                }}),
            ];
            controls.extend([control(&days, "PARAMETER_CONTROL"), control(&ago, "PARAMETER_CONTROL")]);
        }
        json!({
            "SheetId": id,
            "Name": self.name,
            "Visuals": self.visuals.iter().map(Visual::printed).collect::<Vec<_>>(),
            "Layouts": [{ "Configuration": { "GridLayout": { "Elements": self.elements() } } }],
            "FilterControls": [
                { "CrossSheet": { "FilterControlId": bucket, "SourceFilterId": "bucket" } },
                { "CrossSheet": { "FilterControlId": time, "SourceFilterId": "time" } },
            ],
            "ParameterControls": asked,
            "SheetControlLayouts": [{ "Configuration": { "GridLayout": { "Elements": controls } } }],
        })
    }

    /// Where each visual stands: numbers six beside each other, tables and lines over the whole width, bars by twos.
    fn elements(&self) -> Vec<Json> {
        let (mut row, mut column, mut height) = (0, 0, 0);
        let mut all = Vec::new();
        for visual in self.visuals {
            let (wide, high) = match visual.kind {
                Kind::Number(_) => (GRID / 6, ROWS / 2),
                Kind::Bars { .. } => (GRID / 2, ROWS),
                Kind::Lines { .. } | Kind::Table { .. } => (GRID, ROWS),
            };
            if column + wide > GRID {
                (row, column, height) = (row + height, 0, 0);
            }
            all.push(json!({
                "ElementId": visual.id, "ElementType": "VISUAL",
                "ColumnIndex": column, "ColumnSpan": wide, "RowIndex": row, "RowSpan": high,
            }));
            column += wide;
            height = height.max(high);
        }
        all
    }
}

fn control(id: &str, kind: &str) -> Json {
    json!({ "ElementId": id, "ElementType": kind, "ColumnSpan": 2, "RowSpan": 1 })
}

/// Numbers of days to choose from, that of the configuration among them.
fn choices(days: u32) -> Vec<String> {
    let mut all = vec![1, 7, 30, 90, days];
    all.sort_unstable();
    all.dedup();
    all.iter().map(u32::to_string).collect()
}

impl Visual {
    fn printed(&self) -> Json {
        let (kind, configuration) = match &self.kind {
            Kind::Lines { every, by, values } => ("LineChartVisual", self.lines(every, *by, values)),
            Kind::Bars { by, values } => ("BarChartVisual", self.bars(by, values)),
            Kind::Number(value) => ("KPIVisual", json!({ "FieldWells": { "Values": [self.measure(*value)] } })),
            Kind::Table { by, values } => ("TableVisual", self.table(by, values)),
        };
        let mut visual = json!({
            "VisualId": self.id,
            "Title": { "Visibility": "VISIBLE", "FormatText": { "PlainText": self.title } },
            "VisualContentAltText": self.title,
            "ChartConfiguration": configuration,
        });
        if !self.note.is_empty() {
            visual["Subtitle"] = json!({ "Visibility": "VISIBLE", "FormatText": { "PlainText": self.note } });
        }
        json!({ kind: visual })
    }

    fn lines(&self, every: &str, by: Option<&str>, values: &[Value]) -> Json {
        let time = json!({ "DateDimensionField": {
            "FieldId": self.field("period"), "Column": self.column("period"), "DateGranularity": every,
        }});
        let colors: Vec<Json> = by.iter().map(|by| self.dimension(by)).collect();
        json!({
            "Type": "LINE",
            "FieldWells": { "LineChartAggregatedFieldWells": {
                "Category": [time], "Values": self.measures(values), "Colors": colors,
            }},
        })
    }

    fn bars(&self, by: &str, values: &[Value]) -> Json {
        json!({
            "Orientation": "HORIZONTAL",
            "BarsArrangement": "CLUSTERED",
            "FieldWells": { "BarChartAggregatedFieldWells": {
                "Category": [self.dimension(by)], "Values": self.measures(values),
            }},
            "SortConfiguration": {
                "CategorySort": self.largest_first(values),
                "CategoryItemsLimit": { "ItemsLimit": BARS, "OtherCategories": "INCLUDE" },
            },
        })
    }

    fn table(&self, by: &[&str], values: &[Value]) -> Json {
        let group: Vec<Json> = by.iter().map(|by| self.dimension(by)).collect();
        json!({
            "FieldWells": { "TableAggregatedFieldWells": { "GroupBy": group, "Values": self.measures(values) } },
            "SortConfiguration": { "RowSort": self.largest_first(values) },
        })
    }

    fn largest_first(&self, values: &[Value]) -> Vec<Json> {
        let sort = |(column, _): &Value| json!({ "FieldSort": { "FieldId": self.field(column), "Direction": "DESC" } });
        values.first().map(sort).into_iter().collect()
    }

    fn measures(&self, values: &[Value]) -> Vec<Json> {
        values.iter().map(|value| self.measure(*value)).collect()
    }

    fn measure(&self, (column, how): Value) -> Json {
        json!({ "NumericalMeasureField": {
            "FieldId": self.field(column),
            "Column": self.column(column),
            "AggregationFunction": { "SimpleNumericalAggregation": how },
        }})
    }

    fn dimension(&self, column: &str) -> Json {
        json!({ "CategoricalDimensionField": { "FieldId": self.field(column), "Column": self.column(column) } })
    }

    fn column(&self, column: &str) -> Json {
        json!({ "DataSetIdentifier": self.set, "ColumnName": column })
    }

    fn field(&self, column: &str) -> String {
        format!("{}.{column}", self.id)
    }
}

#[cfg(test)]
mod tests;
