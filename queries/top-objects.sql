-- id: top-objects
-- title: The objects most asked for
-- answers: Which objects were asked for most often, and which most bytes were sent of. Lifecycle actions do not
--   count.
-- source: s3_access_logs
-- category: traffic
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: limit | bigint | 20 | How many by requests, and how many by bytes
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket limit limit
-- column: rank_by_requests | bigint | - | Place by number of requests, 1 being the most
-- column: rank_by_bytes | bigint | - | Place by bytes sent, 1 being the most
-- column: bucket_name | varchar | - | The bucket
-- column: key | varchar | - | The object, decoded
-- column: requests | bigint | requests | Requests
-- column: errors | bigint | requests | Of them refused or failed
-- column: bytes_sent | bigint | bytes | Sent in the responses, without headers
-- column: requesters | bigint | requesters | Different authenticated requesters
-- column: remoteips | bigint | addresses | Different addresses
-- column: last_request | timestamp | - | The latest, UTC
-- false_positives: A large object read in ranges is asked for many times by one reader: compare requests with
--   remoteips.
-- next_step: Objects that many ask for belong behind a cache; run object-access with the key to see who reads one.

SELECT
  rank_by_requests,
  rank_by_bytes,
  bucket_name,
  key,
  requests,
  errors,
  bytes_sent,
  requesters,
  remoteips,
  last_request
FROM (
  SELECT
    bucket_name,
    key,
    COUNT(*) AS requests,
    COALESCE(SUM(bytessent), 0) AS bytes_sent,
    count_if(httpstatus >= 400) AS errors,
    COUNT(DISTINCT requester) AS requesters,
    COUNT(DISTINCT remoteip) AS remoteips,
    MAX(requestdatetime) AS last_request,
    row_number() OVER (ORDER BY COUNT(*) DESC, COALESCE(SUM(bytessent), 0) DESC, bucket_name, key) AS rank_by_requests,
    row_number() OVER (ORDER BY COALESCE(SUM(bytessent), 0) DESC, COUNT(*) DESC, bucket_name, key) AS rank_by_bytes
  FROM s3_access_logs
  WHERE requestdate >= ? AND requestdate <= ?
    AND (requestdate > ? OR requesthour >= ?)
    AND (requestdate < ? OR requesthour <= ?)
    AND requestdatetime >= ? AND requestdatetime < ?
    AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
    AND operation NOT LIKE 'S3.%' AND key IS NOT NULL
  GROUP BY bucket_name, key
) AS ranked
WHERE rank_by_requests <= ? OR rank_by_bytes <= ?
ORDER BY rank_by_requests
