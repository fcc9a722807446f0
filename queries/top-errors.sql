-- id: top-errors
-- title: The errors most often met
-- answers: Which errors were met most often, by status, code, operation and bucket, 4xx and 5xx together.
-- source: s3_access_logs
-- category: errors
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: limit | bigint | 20 | Rows at most
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket limit
-- column: rank_by_requests | bigint | - | Place by number of requests, 1 being the most
-- column: httpstatus | integer | - | The response status; empty for lifecycle actions
-- column: errorcode | varchar | - | The S3 error code; empty without error
-- column: operation | varchar | - | As S3 names it
-- column: bucket_name | varchar | - | The bucket
-- column: requests | bigint | requests | Requests
-- column: requesters | bigint | requesters | Different authenticated requesters
-- column: remoteips | bigint | addresses | Different addresses
-- column: objects | bigint | objects | Different objects
-- column: first_request | timestamp | - | The earliest, UTC
-- column: last_request | timestamp | - | The latest, UTC
-- false_positives: 404 is the normal answer of clients that look before they write; 304 is no error and does not
--   count.
-- next_step: Run access-denied for 403, service-errors for 5xx, troubleshooting for the rows themselves.

SELECT
  rank_by_requests,
  httpstatus,
  errorcode,
  operation,
  bucket_name,
  requests,
  requesters,
  remoteips,
  objects,
  first_request,
  last_request
FROM (
  SELECT
    httpstatus,
    errorcode,
    operation,
    bucket_name,
    COUNT(*) AS requests,
    COUNT(DISTINCT requester) AS requesters,
    COUNT(DISTINCT remoteip) AS remoteips,
    COUNT(DISTINCT key) AS objects,
    MIN(requestdatetime) AS first_request,
    MAX(requestdatetime) AS last_request,
    row_number() OVER (
      ORDER BY COUNT(*) DESC, httpstatus, errorcode, operation, bucket_name
    ) AS rank_by_requests
  FROM s3_access_logs
  WHERE requestdate >= ? AND requestdate <= ?
    AND (requestdate > ? OR requesthour >= ?)
    AND (requestdate < ? OR requesthour <= ?)
    AND requestdatetime >= ? AND requestdatetime < ?
    AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
    AND httpstatus >= 400
  GROUP BY httpstatus, errorcode, operation, bucket_name
) AS ranked
WHERE rank_by_requests <= ?
ORDER BY rank_by_requests
