-- id: top-requesters
-- title: The requesters with the most requests
-- answers: Who made most requests, and who got most bytes. Unauthenticated requests are one row without a
--   requester. Lifecycle actions do not count.
-- source: s3_access_logs
-- category: traffic
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: limit | bigint | 20 | How many by requests, and how many by bytes
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket limit limit
-- column: rank_by_requests | bigint | - | Place by number of requests, 1 being the most
-- column: rank_by_bytes | bigint | - | Place by bytes sent, 1 being the most
-- column: requester | varchar | - | Canonical id or ARN of who asked; empty for unauthenticated requests
-- column: role | varchar | - | The assumed role, where the requester is one
-- column: requests | bigint | requests | Requests
-- column: errors | bigint | requests | Of them refused or failed
-- column: bytes_sent | bigint | bytes | Sent in the responses, without headers
-- column: buckets | bigint | buckets | Different buckets
-- column: objects | bigint | objects | Different objects
-- column: remoteips | bigint | addresses | Different addresses
-- column: last_request | timestamp | - | The latest, UTC
-- false_positives: A multi-delete counts once and once more for each of its objects, a copy for its target and for
--   its source.
-- next_step: Run who-is with a requester for everything that it did.

SELECT
  rank_by_requests,
  rank_by_bytes,
  requester,
  regexp_extract(requester, ':assumed-role/([^/]+)', 1) AS role,
  requests,
  errors,
  bytes_sent,
  buckets,
  objects,
  remoteips,
  last_request
FROM (
  SELECT
    requester,
    COUNT(*) AS requests,
    COALESCE(SUM(bytessent), 0) AS bytes_sent,
    count_if(httpstatus >= 400) AS errors,
    COUNT(DISTINCT bucket_name) AS buckets,
    COUNT(DISTINCT key) AS objects,
    COUNT(DISTINCT remoteip) AS remoteips,
    MAX(requestdatetime) AS last_request,
    row_number() OVER (ORDER BY COUNT(*) DESC, COALESCE(SUM(bytessent), 0) DESC, requester) AS rank_by_requests,
    row_number() OVER (ORDER BY COALESCE(SUM(bytessent), 0) DESC, COUNT(*) DESC, requester) AS rank_by_bytes
  FROM s3_access_logs
  WHERE requestdate >= ? AND requestdate <= ?
    AND (requestdate > ? OR requesthour >= ?)
    AND (requestdate < ? OR requesthour <= ?)
    AND requestdatetime >= ? AND requestdatetime < ?
    AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
    AND operation NOT LIKE 'S3.%'
  GROUP BY requester
) AS ranked
WHERE rank_by_requests <= ? OR rank_by_bytes <= ?
ORDER BY rank_by_requests
