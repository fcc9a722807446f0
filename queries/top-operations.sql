-- id: top-operations
-- title: The operations most used
-- answers: Which operations were used most often, lifecycle actions among them, and which sent most bytes.
-- source: s3_access_logs
-- category: traffic
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: limit | bigint | 20 | How many by requests, and how many by bytes
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket limit limit
-- column: rank_by_requests | bigint | - | Place by number of requests, 1 being the most
-- column: rank_by_bytes | bigint | - | Place by bytes sent, 1 being the most
-- column: operation | varchar | - | As S3 names it
-- column: requests | bigint | requests | Requests
-- column: errors | bigint | requests | Of them refused or failed
-- column: bytes_sent | bigint | bytes | Sent in the responses, without headers
-- column: requesters | bigint | requesters | Different authenticated requesters
-- column: buckets | bigint | buckets | Different buckets
-- column: last_request | timestamp | - | The latest, UTC
-- false_positives: A multi-delete counts once and once more for each of its objects, a copy for its target and for
--   its source.
-- next_step: Requests cost by kind: listings and writes about ten times as much as reads. Many REST.GET.BUCKET
--   call for an inventory instead.

SELECT
  rank_by_requests,
  rank_by_bytes,
  operation,
  requests,
  errors,
  bytes_sent,
  requesters,
  buckets,
  last_request
FROM (
  SELECT
    operation,
    COUNT(*) AS requests,
    COALESCE(SUM(bytessent), 0) AS bytes_sent,
    count_if(httpstatus >= 400) AS errors,
    COUNT(DISTINCT requester) AS requesters,
    COUNT(DISTINCT bucket_name) AS buckets,
    MAX(requestdatetime) AS last_request,
    row_number() OVER (ORDER BY COUNT(*) DESC, COALESCE(SUM(bytessent), 0) DESC, operation) AS rank_by_requests,
    row_number() OVER (ORDER BY COALESCE(SUM(bytessent), 0) DESC, COUNT(*) DESC, operation) AS rank_by_bytes
  FROM s3_access_logs
  WHERE requestdate >= ? AND requestdate <= ?
    AND (requestdate > ? OR requesthour >= ?)
    AND (requestdate < ? OR requesthour <= ?)
    AND requestdatetime >= ? AND requestdatetime < ?
    AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
    AND operation IS NOT NULL
  GROUP BY operation
) AS ranked
WHERE rank_by_requests <= ? OR rank_by_bytes <= ?
ORDER BY rank_by_requests
