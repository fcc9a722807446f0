-- id: top-addresses
-- title: The addresses with the most requests
-- answers: Which addresses sent most requests, and which got most bytes. Internal requests have no address and do
--   not count.
-- source: s3_access_logs
-- category: traffic
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: limit | bigint | 20 | How many by requests, and how many by bytes
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket limit limit
-- column: rank_by_requests | bigint | - | Place by number of requests, 1 being the most
-- column: rank_by_bytes | bigint | - | Place by bytes sent, 1 being the most
-- column: remoteip | varchar | - | The address of the request; empty for internal ones
-- column: requests | bigint | requests | Requests
-- column: errors | bigint | requests | Of them refused or failed
-- column: bytes_sent | bigint | bytes | Sent in the responses, without headers
-- column: requesters | bigint | requesters | Different authenticated requesters
-- column: buckets | bigint | buckets | Different buckets
-- column: objects | bigint | objects | Different objects
-- column: last_request | timestamp | - | The latest, UTC
-- false_positives: Many machines behind one gateway share an address. A multi-delete counts once and once more for
--   each of its objects, a copy for its target and for its source.
-- next_step: Run noisy-clients to see whether the requests came in bursts.

SELECT
  rank_by_requests,
  rank_by_bytes,
  remoteip,
  requests,
  errors,
  bytes_sent,
  requesters,
  buckets,
  objects,
  last_request
FROM (
  SELECT
    remoteip,
    COUNT(*) AS requests,
    COALESCE(SUM(bytessent), 0) AS bytes_sent,
    count_if(httpstatus >= 400) AS errors,
    COUNT(DISTINCT requester) AS requesters,
    COUNT(DISTINCT bucket_name) AS buckets,
    COUNT(DISTINCT key) AS objects,
    MAX(requestdatetime) AS last_request,
    row_number() OVER (ORDER BY COUNT(*) DESC, COALESCE(SUM(bytessent), 0) DESC, remoteip) AS rank_by_requests,
    row_number() OVER (ORDER BY COALESCE(SUM(bytessent), 0) DESC, COUNT(*) DESC, remoteip) AS rank_by_bytes
  FROM s3_access_logs
  WHERE requestdate >= ? AND requestdate <= ?
    AND (requestdate > ? OR requesthour >= ?)
    AND (requestdate < ? OR requesthour <= ?)
    AND requestdatetime >= ? AND requestdatetime < ?
    AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
    AND remoteip IS NOT NULL
  GROUP BY remoteip
) AS ranked
WHERE rank_by_requests <= ? OR rank_by_bytes <= ?
ORDER BY rank_by_requests
