use jiff::civil::datetime;

use super::*;

#[test]
fn mysql_patterns_format() {
    let time = datetime(2026, 6, 1, 0, 5, 9, 123_000_000);
    for (pattern, expected) in [
        ("%Y-%m-%d %H:%i:%s", "2026-06-01 00:05:09"),
        ("%d/%b/%Y:%T +0000", "01/Jun/2026:00:05:09 +0000"),
        ("%a %W %M %c %e %k %l %h%p", "Mon Monday June 6 1 0 12 12AM"),
        ("%j %y %f %v %x %r", "152 26 123000 23 2026 12:05:09 AM"),
        ("100%% é%q", "100% éq"),
    ] {
        assert_eq!(Format::mysql(pattern).unwrap().format(time), expected, "{pattern}");
    }
}

#[test]
fn joda_patterns_format() {
    let time = datetime(2026, 6, 1, 13, 5, 9, 45_000_000);
    for (pattern, expected) in [
        ("yyyy-MM-dd'T'HH:mm:ss.SSSZZ", "2026-06-01T13:05:09.045+00:00"),
        ("dd/MMM/yyyy:HH:mm:ss Z", "01/Jun/2026:13:05:09 +0000"),
        ("EEE EEEE MMMM d H h a ''yy''", "Mon Monday June 1 13 1 PM '26'"),
    ] {
        assert_eq!(Format::joda(pattern).unwrap().format(time), expected, "{pattern}");
    }
}

#[test]
fn what_was_formatted_parses() {
    for (format, text, expected) in [
        (Format::mysql("%Y-%m-%d %H:%i:%s"), "2026-06-01 23:59:58", datetime(2026, 6, 1, 23, 59, 58, 0)),
        (Format::mysql("%Y%m%d%H"), "2026060123", datetime(2026, 6, 1, 23, 0, 0, 0)),
        (Format::mysql("%d %M %Y %h:%i %p"), "1 june 2026 12:30 am", datetime(2026, 6, 1, 0, 30, 0, 0)),
        (Format::mysql("%Y-%j %T.%f"), "2026-152 01:02:03.5", datetime(2026, 6, 1, 1, 2, 3, 500_000_000)),
        (Format::joda("dd/MMM/yyyy:HH:mm:ss Z"), "06/Feb/2019:00:00:38 +0000", datetime(2019, 2, 6, 0, 0, 38, 0)),
        (Format::joda("dd/MMM/yyyy:HH:mm:ss Z"), "06/Feb/2019:01:00:38 +0200", datetime(2019, 2, 5, 23, 0, 38, 0)),
        (Format::joda("yyyy-MM-dd:HH:mm:ss"), "2017-02-18:07:00:00", datetime(2017, 2, 18, 7, 0, 0, 0)),
        (Format::joda("yyyy-MM-dd'T'HH:mm:ssZZ"), "2017-02-18T07:00:00Z", datetime(2017, 2, 18, 7, 0, 0, 0)),
        (Format::joda("yyyy"), "2017", datetime(2017, 1, 1, 0, 0, 0, 0)),
    ] {
        assert_eq!(format.unwrap().parse(text), Ok(expected), "{text}");
    }
}

#[test]
fn what_does_not_fit_is_an_error_and_no_panic() {
    let format = Format::joda("dd/MMM/yyyy:HH:mm:ss Z").unwrap();
    for text in [
        "",
        "é",
        "31/Feb/2026:00:00:00 +0000",
        "01/Jun/2026:25:00:00 +0000",
        "01/Jun/2026:00:00:00 +0",
        "01/Jun/2026:00:00:00 +0000x",
        "99999999999/Jun/2026:00:00:00 +0000",
    ] {
        assert!(format.parse(text).is_err(), "{text}");
    }
    for (format, says) in [
        (Format::mysql("%"), "lone %"),
        (Format::mysql("%U"), "%U is not supported"),
        (Format::joda("yyyy-MM-dd'T"), "quote"),
        (Format::joda("yyyy VV"), "VV is not supported"),
    ] {
        assert!(format.unwrap_err().contains(says));
    }
}
