-- id: client-errors
-- title: Requests refused with 4xx, by reason
-- answers: How often requests were refused with a 4xx status, by status and error code, and how many requesters,
--   addresses and buckets that concerns.
-- source: s3_access_logs
-- category: errors
-- severity: low
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: httpstatus | integer | - | The response status
-- column: errorcode | varchar | - | The S3 error code; empty for requests without a body, such as HEAD
-- column: requests | bigint | requests | Requests refused for this reason
-- column: requesters | bigint | requesters | Different authenticated requesters
-- column: remoteips | bigint | addresses | Different addresses
-- column: buckets | bigint | buckets | Different buckets
-- column: operations | varchar | - | The operations refused, in alphabetical order
-- column: first_request | timestamp | - | The earliest, UTC
-- column: last_request | timestamp | - | The latest, UTC
-- false_positives: 404 is the normal answer of clients that look before they write, and of configuration reads
--   where nothing is configured (NoSuchLifecycleConfiguration and its like). 412 and 416 come from conditional and
--   ranged reads that work as meant.
-- next_step: Run access-denied for the rows behind 403, troubleshooting for all others.

SELECT
  httpstatus,
  errorcode,
  COUNT(*) AS requests,
  COUNT(DISTINCT requester) AS requesters,
  COUNT(DISTINCT remoteip) AS remoteips,
  COUNT(DISTINCT bucket_name) AS buckets,
  array_join(array_sort(array_agg(DISTINCT operation)), ', ') AS operations,
  MIN(requestdatetime) AS first_request,
  MAX(requestdatetime) AS last_request
FROM s3_access_logs
WHERE requestdate >= ? AND requestdate <= ?
  AND (requestdate > ? OR requesthour >= ?)
  AND (requestdate < ? OR requesthour <= ?)
  AND requestdatetime >= ? AND requestdatetime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND httpstatus >= 400 AND httpstatus < 500
GROUP BY httpstatus, errorcode
ORDER BY requests DESC, httpstatus, errorcode
