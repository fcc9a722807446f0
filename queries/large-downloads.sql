-- id: large-downloads
-- title: The largest downloads
-- answers: Which requests got how many bytes out of S3, the largest first, from a size on.
-- source: s3_access_logs
-- category: access
-- severity: low
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: min_bytes | bigint | 1000000000 | From this size on
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket min_bytes
-- column: requestdatetime | timestamp | - | When S3 received the request, UTC
-- column: bytessent | bigint | bytes | Sent in the response, without headers
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
-- false_positives: Backups, replication to elsewhere, and analytics read large objects by trade. A large object
--   read in ranges is many small downloads: top-requesters sums them up.
-- next_step: Ask whether this requester usually takes that much: run bytes-by-requester for an earlier range.

SELECT
  requestdatetime,
  bytessent,
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
  AND operation IN (
    'REST.GET.OBJECT',
    'REST.GET.PART',
    'REST.COPY.OBJECT_GET',
    'REST.COPY.PART_GET',
    'REST.POST.SELECT',
    'WEBSITE.GET.OBJECT',
    'SOAP.GetObject',
    'SOAP.GetObjectExtended'
  )
  AND bytessent >= ?
ORDER BY bytessent DESC, requestdatetime, source_id, log_object, log_line
