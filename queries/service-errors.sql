-- id: service-errors
-- title: Requests that failed with 5xx
-- answers: How many requests failed with a 5xx status, by minute, operation and requester. 503 SlowDown stands
--   apart as kind = slow_down: it is S3 asking the client to wait, not a fault.
-- source: s3_access_logs
-- category: errors
-- severity: low
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: minute | timestamp | - | Start of the minute, UTC
-- column: kind | varchar | - | slow_down for 503 SlowDown, service_error for all else
-- column: operation | varchar | - | As S3 names it
-- column: requester | varchar | - | Canonical id or ARN of who asked; empty for unauthenticated requests
-- column: httpstatus | integer | - | The response status; empty for lifecycle actions
-- column: errorcode | varchar | - | The S3 error code; empty without error
-- column: requests | bigint | requests | Requests that failed so in this minute
-- column: remoteips | bigint | addresses | Different addresses
-- false_positives: A few 500 and 503 a day are normal at high rates, and SDKs repeat them. SlowDown comes while S3
--   splits a prefix that suddenly became busy.
-- next_step: SlowDown: spread the keys over more prefixes, or slow the requester down. Others: AWS support
--   asks for requestid (the query troubleshooting has it) and hostid (a column of the table) of some.

SELECT
  date_trunc('minute', requestdatetime) AS minute,
  CASE WHEN httpstatus = 503 AND errorcode = 'SlowDown' THEN 'slow_down' ELSE 'service_error' END AS kind,
  operation,
  requester,
  httpstatus,
  errorcode,
  COUNT(*) AS requests,
  COUNT(DISTINCT remoteip) AS remoteips
FROM s3_access_logs
WHERE requestdate >= ? AND requestdate <= ?
  AND (requestdate > ? OR requesthour >= ?)
  AND (requestdate < ? OR requesthour <= ?)
  AND requestdatetime >= ? AND requestdatetime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND httpstatus >= 500 AND httpstatus < 600
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY minute, kind, operation, requester, httpstatus, errorcode
