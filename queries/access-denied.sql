-- id: access-denied
-- title: Requests refused with 403
-- answers: Every request refused with 403: who asked for what, from where, and the error code.
-- source: s3_access_logs
-- category: security
-- severity: medium
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: requestdatetime | timestamp | - | When S3 received the request, UTC
-- column: bucket_name | varchar | - | The bucket
-- column: key | varchar | - | The object, decoded
-- column: requester | varchar | - | Canonical id or ARN of who asked; empty for unauthenticated requests
-- column: role | varchar | - | The assumed role, where the requester is one
-- column: remoteip | varchar | - | The address of the request; empty for internal ones
-- column: operation | varchar | - | As S3 names it
-- column: httpstatus | integer | - | The response status; empty for lifecycle actions
-- column: errorcode | varchar | - | The S3 error code; empty without error
-- column: authtype | varchar | - | AuthHeader, QueryString (presigned), or empty
-- column: useragent | varchar | - | What the client calls itself
-- column: requestid | varchar | - | Of the request; shared by the rows of a multi-delete
-- false_positives: Clients with a wrong clock or an expired session give RequestTimeTooSkewed and ExpiredToken,
--   not AccessDenied. A missing object is answered with 403 where the requester may not list the bucket.
-- next_step: Look for one requester or address with many keys: it is probing, or a policy was changed under a
--   program. CloudTrail names the action that was refused.

SELECT
  requestdatetime,
  bucket_name,
  key,
  requester,
  regexp_extract(requester, ':assumed-role/([^/]+)', 1) AS role,
  remoteip,
  operation,
  httpstatus,
  errorcode,
  authtype,
  useragent,
  requestid
FROM s3_access_logs
WHERE requestdate >= ? AND requestdate <= ?
  AND (requestdate > ? OR requesthour >= ?)
  AND (requestdate < ? OR requesthour <= ?)
  AND requestdatetime >= ? AND requestdatetime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND httpstatus = 403
ORDER BY requestdatetime, source_id, log_object, log_line
