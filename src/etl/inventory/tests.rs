use std::io::Write;
use std::sync::Arc;

use ::parquet::column::writer::ColumnWriter;
use ::parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int64Type};
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;

use super::*;

const SCHEMA: &str = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass, IntelligentTieringAccessTier";

/// A folder with a manifest and one data file.
struct Fixture(tempfile::TempDir);

impl Fixture {
    fn new(format: &str, schema: &str, name: &str, data: &[u8]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(folder.0.path().join("data")).unwrap();
        std::fs::write(folder.0.path().join("data").join(name), data).unwrap();
        let md5: String = Md5::digest(data).iter().map(|byte| format!("{byte:02x}")).collect();
        let manifest = serde_json::json!({
            "sourceBucket": "logs", "destinationBucket": "arn:aws:s3:::inventories", "version": "2016-11-30",
            "creationTimestamp": "1514944800000", "fileFormat": format, "fileSchema": schema,
            "files": [{ "key": format!("x/logs/id/data/{name}"), "size": data.len(), "MD5checksum": md5 }],
        });
        std::fs::write(folder.0.path().join("manifest.json"), manifest.to_string()).unwrap();
        folder
    }

    fn load(&self) -> Result<Inventory> {
        Inventory::load(&Store::folder(self.0.path()).unwrap(), "manifest.json")
    }

    fn objects(&self, prefix: &str) -> Vec<Result<Walked>> {
        self.load().unwrap().objects(prefix).collect()
    }

    /// Path, size, ETag and archive of the objects; the path alone of what is none.
    fn shown(&self, prefix: &str) -> Vec<String> {
        let show = |walked: Result<Walked>| match walked {
            Ok(Walked::Object(object)) => {
                format!("{} {} {} {:?}", object.path, object.size, object.etag, object.archived)
            }
            Ok(Walked::Unreadable { path, why }) => format!("{path}: {why}"),
            Err(error) => format!("{error}"),
        };
        self.objects(prefix).into_iter().map(show).collect()
    }
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

const ROWS: &str = r#""logs","in/b%2Bc+d%25","v1","true","false","10","2026-01-01T00:00:00.000Z","abc","STANDARD",""
"logs","in/b%2Bc+d%25","v0","false","false","9","2025-01-01T00:00:00.000Z","abb","STANDARD",""
"logs","in/gone","v1","true","true","","2026-01-01T00:00:00.000Z","","",""
"logs","in/a","v1","true","false","11","2026-01-01T00:00:00.000Z","abd","GLACIER",""
"logs","in/tiered","v1","true","false","12","2026-01-01T00:00:00.000Z","abe","INTELLIGENT_TIERING","DEEP_ARCHIVE_ACCESS"
"logs","elsewhere","v1","true","false","13","2026-01-01T00:00:00.000Z","abf","STANDARD",""
"logs","in/%FF","v1","true","false","14","2026-01-01T00:00:00.000Z","abf","STANDARD",""
"#;

const EXPECTED: [&str; 3] =
    ["a 11 \"abd\" Some(Glacier)", "b+c d% 10 \"abc\" None", "tiered 12 \"abe\" Some(IntelligentTiering)"];

#[test]
fn a_csv_inventory_gives_the_current_objects_with_their_true_keys_in_order() {
    for data in [gzipped(ROWS), ROWS.as_bytes().to_vec()] {
        let shown = Fixture::new("CSV", SCHEMA, "1.csv.gz", &data).shown("in/");
        assert_eq!(shown, [EXPECTED[0], EXPECTED[1], "in/%FF: its key is no text", EXPECTED[2]]);
    }
}

/// Key, whether it is the latest, whether it is a delete marker, size, ETag, class, tier.
type Row<'a> = (&'a str, bool, bool, Option<i64>, &'a str, &'a str, Option<&'a str>);

#[test]
fn a_parquet_inventory_gives_the_same() {
    let schema = "message s3.inventory { required binary bucket (UTF8); required binary key (UTF8); \
        optional boolean is_latest; optional boolean is_delete_marker; optional int64 size; \
        optional int64 last_modified_date (TIMESTAMP_MILLIS); optional binary e_tag (UTF8); \
        optional binary storage_class (UTF8); optional binary intelligent_tiering_access_tier (UTF8); }";
    let rows: [Row<'_>; 5] = [
        ("in/b+c d%", true, false, Some(10), "abc", "STANDARD", None),
        ("in/b+c d%", false, false, Some(9), "abb", "STANDARD", None),
        ("in/gone", true, true, None, "", "", None),
        ("in/a", true, false, Some(11), "abd", "GLACIER", None),
        ("in/tiered", true, false, Some(12), "abe", "INTELLIGENT_TIERING", Some("ARCHIVE_ACCESS")),
    ];
    let mut data = Vec::new();
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer =
        SerializedFileWriter::new(&mut data, Arc::new(parse_message_type(schema).unwrap()), properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut at = 0;
    while let Some(mut column) = group.next_column().unwrap() {
        let levels = [1i16; 5];
        let some = |text: fn(&Row<'_>) -> String| {
            rows.iter().map(|row| ByteArray::from(text(row).as_str())).collect::<Vec<_>>()
        };
        match (at, column.untyped()) {
            (0, ColumnWriter::ByteArrayColumnWriter(_)) => {
                column.typed::<ByteArrayType>().write_batch(&some(|_| "logs".into()), None, None).unwrap();
            }
            (1, _) => {
                column.typed::<ByteArrayType>().write_batch(&some(|row| row.0.into()), None, None).unwrap();
            }
            (2 | 3, _) => {
                let values: Vec<bool> = rows.iter().map(|row| if at == 2 { row.1 } else { row.2 }).collect();
                column.typed::<BoolType>().write_batch(&values, Some(&levels), None).unwrap();
            }
            (4, _) => {
                let values: Vec<i64> = rows.iter().filter_map(|row| row.3).collect();
                let levels: Vec<i16> = rows.iter().map(|row| i16::from(row.3.is_some())).collect();
                column.typed::<Int64Type>().write_batch(&values, Some(&levels), None).unwrap();
            }
            (5, _) => {
                column.typed::<Int64Type>().write_batch(&[1; 5], Some(&levels), None).unwrap();
            }
            (6, _) => {
                column.typed::<ByteArrayType>().write_batch(&some(|row| row.4.into()), Some(&levels), None).unwrap();
            }
            (7, _) => {
                column.typed::<ByteArrayType>().write_batch(&some(|row| row.5.into()), Some(&levels), None).unwrap();
            }
            _ => {
                let values: Vec<ByteArray> = rows.iter().filter_map(|row| row.6).map(ByteArray::from).collect();
                let levels: Vec<i16> = rows.iter().map(|row| i16::from(row.6.is_some())).collect();
                column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None).unwrap();
            }
        }
        column.close().unwrap();
        at += 1;
    }
    group.close().unwrap();
    writer.close().unwrap();
    assert_eq!(Fixture::new("Parquet", schema, "1.parquet", &data).shown("in/"), EXPECTED);
}

#[test]
fn what_cannot_be_used_is_named() {
    let error = |format: &str, schema: &str| Fixture::new(format, schema, "1", b"").load().unwrap_err();
    assert!(error("ORC", "struct<bucket:string>").to_string().contains("its files are ORC"));
    assert!(error("XML", "").to_string().contains("its files are \"XML\""));
    assert_eq!(error("CSV", "Bucket, Key, Size").to_string(), "the inventory has no column ETag");
    assert!(error("CSV", "Key, VersionId, Size, ETag").to_string().contains("no column IsLatest"));
    let fixture = Fixture::new("CSV", "Bucket, Key, Size, ETag", "1.csv", b"\"logs\",\"k\",\"1\",\"e\"\n");
    let data = fixture.0.path().join("data/1.csv");
    for (bytes, why) in [
        (&b"\"logs\",\"k\",\"2\",\"e\"\n"[..], "its MD5 is "),
        (b"\"logs\",\"k\"", "it has 10 bytes, and 19 in the manifest"),
    ] {
        std::fs::write(&data, bytes).unwrap();
        assert!(fixture.shown("")[0].contains(why), "{:?}", fixture.shown(""));
    }
    std::fs::remove_file(data).unwrap();
    assert!(fixture.shown("")[0].contains("it is not there"));
}

#[test]
fn rows_that_are_none_end_the_reading_with_their_line() {
    for (row, why) in [
        ("\"logs\",\"k\"", "line 2 is no row"),
        ("\"logs\",\"k,\"1\",\"e\"", "line 2 is no row"),
        ("\"logs\",\"k\",\"many\",\"e\"", "line 2 is no row"),
    ] {
        let data = format!("\"logs\",\"a\",\"1\",\"e\"\n{row}\n\"logs\",\"z\",\"1\",\"e\"\n");
        let shown = Fixture::new("CSV", "Bucket, Key, Size, ETag", "1.csv", data.as_bytes()).shown("");
        assert_eq!((shown.len(), shown[0].as_str()), (2, "a 1 \"e\" None"));
        assert!(shown[1].contains(why), "{shown:?}");
    }
    let mut cut = gzipped(ROWS);
    cut.truncate(cut.len() / 2);
    assert!(Fixture::new("CSV", SCHEMA, "1.csv.gz", &cut).objects("").iter().any(Result::is_err));
    let no_parquet = Fixture::new("Parquet", "", "1.parquet", b"PAR1 no PAR1");
    assert!(no_parquet.shown("")[0].starts_with("cannot use the inventory's file x/logs/id/data/1.parquet"));
}
