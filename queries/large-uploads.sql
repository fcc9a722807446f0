-- id: large-uploads
-- title: The largest uploads
-- answers: Which objects were put into S3, the largest first, from a size on. An upload is a PUT, a POST of a
--   form, or the completion of a multipart upload; its parts and copies within S3 are not listed.
-- source: s3_access_logs
-- category: access
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: min_bytes | bigint | 1000000000 | From this size on
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket min_bytes
-- column: requestdatetime | timestamp | - | When S3 received the request, UTC
-- column: objectsize | bigint | bytes | Size of the object
-- column: bucket_name | varchar | - | The bucket
-- column: key | varchar | - | The object, decoded
-- column: requester | varchar | - | Canonical id or ARN of who asked; empty for unauthenticated requests
-- column: role | varchar | - | The assumed role, where the requester is one
-- column: remoteip | varchar | - | The address of the request; empty for internal ones
-- column: operation | varchar | - | As S3 names it
-- column: httpstatus | integer | - | The response status; empty for lifecycle actions
-- column: totaltime | bigint | ms | From request received to last byte sent
-- column: useragent | varchar | - | What the client calls itself
-- column: requestid | varchar | - | Of the request; shared by the rows of a multi-delete
-- false_positives: Backups and exports of databases are large by trade.
-- next_step: If the object does not belong there, look at the bucket's lifecycle rules: what is not expired is
--   paid for.

SELECT
  requestdatetime,
  objectsize,
  bucket_name,
  key,
  requester,
  regexp_extract(requester, ':assumed-role/([^/]+)', 1) AS role,
  remoteip,
  operation,
  httpstatus,
  totaltime,
  useragent,
  requestid
FROM s3_access_logs
WHERE requestdate >= ? AND requestdate <= ?
  AND (requestdate > ? OR requesthour >= ?)
  AND (requestdate < ? OR requesthour <= ?)
  AND requestdatetime >= ? AND requestdatetime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND operation IN ('REST.PUT.OBJECT', 'REST.POST.OBJECT', 'REST.POST.UPLOAD', 'SOAP.PutObject', 'SOAP.PutObjectInline')
  AND COALESCE(httpstatus, 200) < 400
  AND objectsize >= ?
ORDER BY objectsize DESC, requestdatetime, source_id, log_object, log_line
