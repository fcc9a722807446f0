-- id: failed-uploads
-- title: Uploads that failed
-- answers: Which uploads were refused or broke off, the largest first: PUT, POST of a form, and the steps of a
--   multipart upload. Changes of ACLs, tags and configuration are no uploads.
-- source: s3_access_logs
-- category: errors
-- severity: low
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: requestdatetime | timestamp | - | When S3 received the request, UTC
-- column: bucket_name | varchar | - | The bucket
-- column: key | varchar | - | The object, decoded
-- column: objectsize | bigint | bytes | Size of the object
-- column: operation | varchar | - | As S3 names it
-- column: httpstatus | integer | - | The response status; empty for lifecycle actions
-- column: errorcode | varchar | - | The S3 error code; empty without error
-- column: requester | varchar | - | Canonical id or ARN of who asked; empty for unauthenticated requests
-- column: role | varchar | - | The assumed role, where the requester is one
-- column: remoteip | varchar | - | The address of the request; empty for internal ones
-- column: totaltime | bigint | ms | From request received to last byte sent
-- column: useragent | varchar | - | What the client calls itself
-- column: requestid | varchar | - | Of the request; shared by the rows of a multi-delete
-- false_positives: SDKs repeat what failed with 5xx: look for a later success of the same key. 412 answers
--   conditional writes that work as meant.
-- next_step: Run object-history for a key to see whether a later upload worked. Parts of an upload that was never
--   completed stay and are paid for: let a lifecycle rule abort it.

SELECT
  requestdatetime,
  bucket_name,
  key,
  objectsize,
  operation,
  httpstatus,
  errorcode,
  requester,
  regexp_extract(requester, ':assumed-role/([^/]+)', 1) AS role,
  remoteip,
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
    'REST.PUT.OBJECT',
    'REST.PUT.PART',
    'REST.POST.OBJECT',
    'REST.POST.UPLOADS',
    'REST.POST.UPLOAD',
    'SOAP.PutObject',
    'SOAP.PutObjectInline'
  )
  AND httpstatus >= 400
ORDER BY objectsize DESC, requestdatetime, source_id, log_object, log_line
