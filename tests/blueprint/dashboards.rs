//! The dashboard's definition refers to nothing that is not there: QuickSight would say so when the stack is made, or show an empty chart.

use std::collections::{BTreeMap, BTreeSet};

use bucketscope::blueprint::StackKind;
use serde_json::{Value, json};

use crate::scenario::{Scenario, of_type};

const WITH_DASHBOARDS: [&str; 2] = ["dashboards", "dashboards-imported"];

fn template(scenario: &str) -> Value {
    let scenario = Scenario::named(scenario);
    scenario.template(StackKind::Dashboards, &scenario.cloud.aws.region)
}

/// Every object in a value that has this key.
fn all<'v>(value: &'v Value, key: &str, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(members) => {
            found.extend(members.contains_key(key).then_some(value));
            members.values().for_each(|member| all(member, key, found));
        }
        Value::Array(items) => items.iter().for_each(|item| all(item, key, found)),
        _ => {}
    }
}

fn with<'v>(value: &'v Value, key: &str) -> Vec<&'v Value> {
    let mut found = Vec::new();
    all(value, key, &mut found);
    found
}

fn texts<'v>(value: &'v Value, key: &str) -> Vec<&'v str> {
    with(value, key).into_iter().filter_map(|object| object[key].as_str()).collect()
}

/// A data set as the template says it: columns with their types, declared parameters, SQL.
struct Set<'v> {
    columns: BTreeMap<&'v str, &'v str>,
    parameters: BTreeSet<&'v str>,
    sql: &'v str,
}

/// The data sets by the name that the definition gives them.
fn sets<'v>(template: &'v Value, definition: &'v Value) -> BTreeMap<&'v str, Set<'v>> {
    let set = |declared: &'v Value| {
        let logical = declared["DataSetArn"]["Fn::GetAtt"][0].as_str().unwrap();
        let properties = &template["Resources"][logical]["Properties"];
        let sql = &properties["PhysicalTableMap"]["sql"]["CustomSql"];
        let column = |column: &'v Value| (column["Name"].as_str().unwrap(), column["Type"].as_str().unwrap());
        let parameters = properties.get("DatasetParameters").map_or(Vec::new(), |all| texts(all, "Name"));
        let set = Set {
            columns: sql["Columns"].as_array().into_iter().flatten().map(column).collect(),
            parameters: parameters.into_iter().collect(),
            sql: sql["SqlQuery"].as_str().unwrap_or_default(),
        };
        (declared["Identifier"].as_str().unwrap(), set)
    };
    definition["DataSetIdentifierDeclarations"].as_array().unwrap().iter().map(set).collect()
}

/// What is wrong with a template.
fn problems(template: &Value) -> Vec<String> {
    let dashboards = of_type(template, "AWS::QuickSight::Dashboard");
    let definition = &dashboards[0].1["Properties"]["Definition"];
    let sets = sets(template, definition);
    let mut found = columns(definition, &sets);
    found.extend(parameters(definition, &sets));
    found.extend(controls(definition));
    if of_type(template, "AWS::QuickSight::DataSet").len() != sets.len() {
        found.push("a data set is not declared".to_owned());
    }
    found
}

/// Columns that are not there or not of the kind that a field needs.
fn columns(definition: &Value, sets: &BTreeMap<&str, Set<'_>>) -> Vec<String> {
    let kind = |column: &Value| {
        let set = sets.get(column["DataSetIdentifier"].as_str()?)?;
        set.columns.get(column["ColumnName"].as_str()?).copied()
    };
    let mut found: Vec<String> = with(definition, "ColumnName")
        .into_iter()
        .filter(|it| kind(it).is_none())
        .map(|it| format!("no column {it}"))
        .collect();
    for (field, wanted) in [
        ("CategoricalDimensionField", "STRING"),
        ("DateDimensionField", "DATETIME"),
        ("NumericalMeasureField", "INTEGER"),
    ] {
        for column in with(definition, field).into_iter().map(|object| &object[field]["Column"]) {
            if kind(column) != Some(wanted) {
                found.push(format!("{column} is no {wanted}"));
            }
        }
    }
    // "ALL_DATASETS": a filter acts on data sets that have a column of its name and type.
    for filter in definition["FilterGroups"].as_array().into_iter().flatten() {
        for column in with(filter, "ColumnName").into_iter().filter_map(|it| it["ColumnName"].as_str()) {
            let lacking = sets.iter().filter(|set| !set.1.columns.contains_key(column));
            found.extend(lacking.map(|set| format!("the filter on {column} passes {} by", set.0)));
        }
    }
    // A field that sorts is one of its visual's.
    for visual in with(definition, "VisualId") {
        let fields: BTreeSet<&str> =
            with(visual, "Column").into_iter().filter_map(|field| field["FieldId"].as_str()).collect();
        let sorting = with(visual, "FieldSort").into_iter().filter_map(|sort| sort["FieldSort"]["FieldId"].as_str());
        found.extend(
            sorting.filter(|field| !fields.contains(field)).map(|field| format!("nothing to sort by: {field}")),
        );
    }
    found
}

/// Parameters that SQL, data sets, dashboard and controls do not agree on.
fn parameters(definition: &Value, sets: &BTreeMap<&str, Set<'_>>) -> Vec<String> {
    let mut found = Vec::new();
    let declared: BTreeSet<&str> = texts(&definition["ParameterDeclarations"], "Name").into_iter().collect();
    let mut mapped = BTreeSet::new();
    for declaration in with(&definition["ParameterDeclarations"], "MappedDataSetParameters") {
        for one in declaration["MappedDataSetParameters"].as_array().into_iter().flatten() {
            let pair = (
                one["DataSetIdentifier"].as_str().unwrap_or_default(),
                one["DataSetParameterName"].as_str().unwrap_or_default(),
            );
            mapped.insert(pair);
        }
    }
    for (name, set) in sets {
        let used: BTreeSet<&str> =
            set.sql.split("<<$").skip(1).filter_map(|rest| Some(rest.split_once(">>")?.0)).collect();
        if used != set.parameters {
            found.push(format!("{name} declares {:?} and uses {used:?}", set.parameters));
        }
        let told: BTreeSet<&str> = mapped.iter().filter(|pair| pair.0 == *name).map(|pair| pair.1).collect();
        if told != set.parameters {
            found.push(format!("{name} is told {told:?}, not {:?}", set.parameters));
        }
    }
    let controlled: BTreeSet<&str> = texts(definition, "SourceParameterName").into_iter().collect();
    if controlled != declared {
        found.push(format!("controls of {controlled:?}, parameters {declared:?}"));
    }
    found.extend(
        with(definition, "CalculatedFields")
            .into_iter()
            .map(|_| "a calculated field, which nothing here checks".to_owned()),
    );
    found
}

/// Controls of filters that are not there, and what a sheet places or does not.
fn controls(definition: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let filters: BTreeSet<&str> = texts(&definition["FilterGroups"], "FilterId").into_iter().collect();
    for sheet in definition["Sheets"].as_array().into_iter().flatten() {
        let placed: BTreeSet<&str> = texts(sheet, "ElementId").into_iter().collect();
        let ids = ["VisualId", "FilterControlId", "ParameterControlId"].iter().flat_map(|key| texts(sheet, key));
        let ids: BTreeSet<&str> = ids.collect();
        if placed != ids {
            found.push(format!("{} places {placed:?}, has {ids:?}", sheet["SheetId"]));
        }
        let controlled = texts(sheet, "SourceFilterId").into_iter();
        found.extend(controlled.filter(|filter| !filters.contains(filter)).map(|filter| format!("no filter {filter}")));
    }
    found
}

#[test]
fn definitions_refer_to_what_is_there() {
    for scenario in WITH_DASHBOARDS {
        assert_eq!(problems(&template(scenario)), Vec::<String>::new(), "{scenario}");
    }
}

/// The logical id of a template's dashboard, as a JSON pointer to its definition.
const DEFINITION: &str = "/Resources/Dashboard/Properties/Definition";

#[test]
fn what_is_broken_is_found() {
    let (bars, table) =
        ("/Sheets/0/Visuals/2/BarChartVisual/ChartConfiguration", "/Sheets/1/Visuals/4/TableVisual/ChartConfiguration");
    for (at, value, says) in [
        (
            format!(
                "{DEFINITION}{bars}/FieldWells/BarChartAggregatedFieldWells/Category/0/CategoricalDimensionField/Column/ColumnName"
            ),
            json!("bucket"),
            "no column",
        ),
        (
            format!(
                "{DEFINITION}{bars}/FieldWells/BarChartAggregatedFieldWells/Values/0/NumericalMeasureField/Column/ColumnName"
            ),
            json!("operation"),
            "is no INTEGER",
        ),
        (
            format!("{DEFINITION}{table}/SortConfiguration/RowSort/0/FieldSort/FieldId"),
            json!("prefixes.nothing"),
            "nothing to sort by",
        ),
        (
            format!("{DEFINITION}/ParameterDeclarations/0/IntegerParameterDeclaration/Name"),
            json!("weeks"),
            "controls of",
        ),
        (
            format!("{DEFINITION}/ParameterDeclarations/1/IntegerParameterDeclaration/MappedDataSetParameters"),
            json!([]),
            "is told",
        ),
        (format!("{DEFINITION}/Sheets/0/FilterControls/0/CrossSheet/SourceFilterId"), json!("nobody"), "no filter"),
        (format!("{DEFINITION}/Sheets/0/Layouts"), json!([]), "places"),
        (format!("{DEFINITION}/CalculatedFields"), json!([]), "calculated"),
        ("/Resources/DataSetTraffic/Properties/DatasetParameters".to_owned(), json!([]), "declares"),
        (
            "/Resources/DataSetTrail/Properties/PhysicalTableMap/sql/CustomSql/Columns/0/Name".to_owned(),
            json!("day"),
            "passes trail by",
        ),
    ] {
        let mut broken = template("dashboards");
        let (object, member) = at.rsplit_once('/').unwrap();
        broken.pointer_mut(object).unwrap_or_else(|| panic!("{object} is not there"))[member] = value;
        let found = problems(&broken);
        assert!(found.iter().any(|problem| problem.contains(says)), "{at}: {found:?}");
    }
}
