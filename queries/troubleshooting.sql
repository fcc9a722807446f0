-- id: troubleshooting
-- title: What failed, was deleted, expired or moved
-- answers: All refused and failed requests, deletions, expirations and transitions in one list, each request once.
--   A deletion that failed is listed as the error it met.
-- source: s3_access_logs
-- category: errors
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: category | varchar | - | client_error (4xx), service_error (5xx), deletion, expiration or transition
-- column: requestdatetime | timestamp | - | When S3 received the request, UTC
-- column: bucket_name | varchar | - | The bucket
-- column: key | varchar | - | The object, decoded
-- column: versionid | varchar | - | The version that the request named or made
-- column: operation | varchar | - | As S3 names it
-- column: requester | varchar | - | Canonical id or ARN of who asked; empty for unauthenticated requests
-- column: role | varchar | - | The assumed role, where the requester is one
-- column: remoteip | varchar | - | The address of the request; empty for internal ones
-- column: httpstatus | integer | - | The response status; empty for lifecycle actions
-- column: errorcode | varchar | - | The S3 error code; empty without error
-- column: objectsize | bigint | bytes | Size of the object
-- column: useragent | varchar | - | What the client calls itself
-- column: requestid | varchar | - | Of the request; shared by the rows of a multi-delete
-- false_positives: As in client-errors, service-errors, object-deletions, lifecycle-expirations and lifecycle-
--   transitions.
-- next_step: Narrow the range and the bucket, then run the query for the category that stands out.

SELECT
  CASE
    WHEN httpstatus >= 500 AND httpstatus < 600 THEN 'service_error'
    WHEN httpstatus >= 400 AND httpstatus < 500 THEN 'client_error'
    WHEN operation IN ('S3.EXPIRE.OBJECT', 'S3.CREATE.DELETEMARKER') THEN 'expiration'
    WHEN operation LIKE 'S3.TRANSITION%' THEN 'transition'
    ELSE 'deletion'
  END AS category,
  requestdatetime,
  bucket_name,
  key,
  versionid,
  operation,
  requester,
  regexp_extract(requester, ':assumed-role/([^/]+)', 1) AS role,
  remoteip,
  httpstatus,
  errorcode,
  objectsize,
  useragent,
  requestid
FROM s3_access_logs
WHERE requestdate >= ? AND requestdate <= ?
  AND (requestdate > ? OR requesthour >= ?)
  AND (requestdate < ? OR requesthour <= ?)
  AND requestdatetime >= ? AND requestdatetime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND (
    (httpstatus >= 400 AND httpstatus < 600)
    OR operation IN (
      'REST.DELETE.OBJECT',
      'BATCH.DELETE.OBJECT',
      'SOAP.DeleteObject',
      'S3.EXPIRE.OBJECT',
      'S3.CREATE.DELETEMARKER'
    )
    OR operation LIKE 'S3.TRANSITION%'
  )
ORDER BY requestdatetime, source_id, log_object, log_line
