"""What is asked of both engines: every saved query, over a range and with values that find something."""

# The hours of the fixtures and of the generated logs; not the hour of many records.
ALL = ("2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z")
EVENTS = ("2026-06-10T00:00:00Z", "2026-06-12T12:30:00Z")
TWO_HOURS = ("2026-06-01T10:00:00Z", "2026-06-01T12:00:00Z")
WEEKEND = ("2026-06-05T00:00:00Z", "2026-06-08T00:00:00Z")
ANALYST = "arn:aws:iam::111122223333:role/analyst"

# (query, range, parameters); what is not here is asked once, over all, without any.
MORE = [
    ("access-denied", TWO_HOURS, {"bucket": "photos"}),
    ("anonymous-access", ALL, {"refused": "true"}),
    ("ct-anonymous-access", EVENTS, {"refused": "true"}),
    ("ct-bucket-configuration", ("2026-06-10T10:03:00Z", "2026-06-10T10:20:01Z"), {}),
    ("ct-daily-trend", ("2026-06-09T00:00:00Z", "2026-06-14T00:00:00Z"), {}),
    ("ct-large-downloads", EVENTS, {"min_bytes": "500"}),
    ("ct-new-addresses", ("2026-06-10T00:00:00Z", "2026-06-12T00:00:00Z"), {}),
    ("ct-new-addresses", ("2026-06-10T00:00:00Z", "2026-06-12T00:00:00Z"), {"baseline_days": "60"}),
    ("ct-noisy-principals", EVENTS, {"min_calls": "2"}),
    ("ct-object-access", EVENTS, {"bucket": "photos", "key": "a b+c.jpg"}),
    ("ct-top-errors", EVENTS, {"limit": "2"}),
    ("ct-unapproved-regions", EVENTS, {"approved": "eu-west-1, us-east-1"}),
    ("failing-clients", ALL, {"min_errors": "2"}),
    ("hourly-trend", ("2026-06-05T12:00:30Z", "2026-06-05T14:00:01Z"), {"bucket": "shop"}),
    ("idle-prefixes", ALL, {"idle_days": "2"}),
    ("idle-prefixes", ALL, {"idle_days": "0", "depth": "2"}),
    ("idle-prefixes", ALL, {"idle_days": "0", "depth": "4"}),
    ("large-downloads", ALL, {"min_bytes": "100000000"}),
    ("large-uploads", ALL, {"min_bytes": "1000000"}),
    ("latency", ALL, {"limit": "5"}),
    ("noisy-clients", ALL, {"min_requests": "5"}),
    ("object-access", TWO_HOURS, {"bucket": "photos", "heads": "true"}),
    ("object-deletions", TWO_HOURS, {}),
    ("object-history", ALL, {"key": "cat.jpg"}),
    ("object-history", ALL, {"key": "a b+c.jpg"}),
    ("off-hours-access", WEEKEND, {"time_zone": "Europe/Berlin"}),
    ("off-hours-access", ALL, {"time_zone": "America/St_Johns", "weekend": "false", "work_from": "7", "work_to": "19"}),
    ("top-objects", ALL, {"limit": "100"}),
    ("top-errors", WEEKEND, {"bucket": "shop", "limit": "3"}),
    ("troubleshooting", TWO_HOURS, {"bucket": "website"}),
    ("who-is", ALL, {"who": "bob"}),
    ("who-is", ALL, {"who": ANALYST}),
]

# Keys that would be something else in SQL if they left their quotes. There is a request for each.
HOSTILE = ["' OR '1'='1", "it''s", "a\\'; DROP TABLE s3_access_logs; --", "?", "ünï\n\t\u0001", "TIMESTAMP '2026-06-01'", "NULL"]


def questions(known):
    """All questions, as (query, (from, to), parameters); `known` are the queries of `queries list`."""
    required = {"ct-unapproved-regions", "object-history", "who-is"}
    plain = [(query, ALL, {}) for query in known if query not in required]
    return sorted(plain + MORE, key=lambda question: question[0])
