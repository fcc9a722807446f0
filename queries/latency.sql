-- id: latency
-- title: The slowest requests
-- answers: Which requests took longest: first by turn-around time, which S3 needed, then by total time, which
--   includes the transfer to the client.
-- source: s3_access_logs
-- category: performance
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: limit | bigint | 100 | Rows at most
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket limit
-- column: requestdatetime | timestamp | - | When S3 received the request, UTC
-- column: turnaroundtime | bigint | ms | From the last byte received to the first byte sent
-- column: totaltime | bigint | ms | From request received to last byte sent
-- column: bucket_name | varchar | - | The bucket
-- column: key | varchar | - | The object, decoded
-- column: operation | varchar | - | As S3 names it
-- column: requester | varchar | - | Canonical id or ARN of who asked; empty for unauthenticated requests
-- column: remoteip | varchar | - | The address of the request; empty for internal ones
-- column: httpstatus | integer | - | The response status; empty for lifecycle actions
-- column: errorcode | varchar | - | The S3 error code; empty without error
-- column: bytessent | bigint | bytes | Sent in the response, without headers
-- column: objectsize | bigint | bytes | Size of the object
-- column: useragent | varchar | - | What the client calls itself
-- column: requestid | varchar | - | Of the request; shared by the rows of a multi-delete
-- false_positives: A long total time with a short turn-around time is a slow client or a large object. Multi-
--   deletes and completions of multipart uploads are slow by nature.
-- next_step: Compare rows of one operation. A high turn-around time on many keys of one prefix points to
--   throttling: run service-errors.

SELECT
  requestdatetime,
  turnaroundtime,
  totaltime,
  bucket_name,
  key,
  operation,
  requester,
  remoteip,
  httpstatus,
  errorcode,
  bytessent,
  objectsize,
  useragent,
  requestid
FROM (
  SELECT
    *,
    row_number() OVER (
      ORDER BY turnaroundtime DESC NULLS LAST, totaltime DESC NULLS LAST, requestdatetime, source_id, log_object, log_line
    ) AS slowness
  FROM s3_access_logs
  WHERE requestdate >= ? AND requestdate <= ?
    AND (requestdate > ? OR requesthour >= ?)
    AND (requestdate < ? OR requesthour <= ?)
    AND requestdatetime >= ? AND requestdatetime < ?
    AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
    AND (turnaroundtime IS NOT NULL OR totaltime IS NOT NULL)
) AS ranked
WHERE slowness <= ?
ORDER BY slowness
