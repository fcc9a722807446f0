-- id: noisy-clients
-- title: Addresses with many requests in a minute
-- answers: Which addresses sent how many requests within one minute, from a number on.
-- source: s3_access_logs
-- category: performance
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: min_requests | bigint | 1000 | From this many requests in a minute on
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket min_requests
-- column: minute | timestamp | - | Start of the minute, UTC
-- column: remoteip | varchar | - | The address of the request; empty for internal ones
-- column: requests | bigint | requests | Requests in this minute
-- column: requesters | bigint | requesters | Different authenticated requesters
-- column: buckets | bigint | buckets | Different buckets
-- column: objects | bigint | objects | Different objects
-- column: bytes_sent | bigint | bytes | Sent in the responses, without headers
-- false_positives: Many machines behind one gateway share an address. A multi-delete counts once and once more for
--   each of its objects.
-- next_step: Run top-requesters for the minute to see who it is. S3 answers about 5,500 reads and 3,500 writes a
--   second and prefix before it slows a client down.

SELECT
  minute,
  remoteip,
  requests,
  requesters,
  buckets,
  objects,
  bytes_sent
FROM (
  SELECT
    date_trunc('minute', requestdatetime) AS minute,
    remoteip,
    COUNT(*) AS requests,
    COUNT(DISTINCT requester) AS requesters,
    COUNT(DISTINCT bucket_name) AS buckets,
    COUNT(DISTINCT key) AS objects,
    COALESCE(SUM(bytessent), 0) AS bytes_sent
  FROM s3_access_logs
  WHERE requestdate >= ? AND requestdate <= ?
    AND (requestdate > ? OR requesthour >= ?)
    AND (requestdate < ? OR requesthour <= ?)
    AND requestdatetime >= ? AND requestdatetime < ?
    AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
    AND remoteip IS NOT NULL
  GROUP BY 1, 2
) AS minutes
WHERE requests >= ?
ORDER BY requests DESC, minute, remoteip
