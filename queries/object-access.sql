-- id: object-access
-- title: Who read which object
-- answers: Who read which object, when, from where and as which role. Copies, website requests and reads of a part
--   count: each hands out content. Refused attempts are listed too, with succeeded = false.
-- source: s3_access_logs
-- category: access
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: key | string | null | Only this object
-- parameter: heads | boolean | false | Also HEAD requests, which return metadata and no content
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket key key heads
-- column: requestdatetime | timestamp | - | When S3 received the request, UTC
-- column: bucket_name | varchar | - | The bucket
-- column: key | varchar | - | The object, decoded
-- column: versionid | varchar | - | The version that the request named or made
-- column: requester | varchar | - | Canonical id or ARN of who asked; empty for unauthenticated requests
-- column: role | varchar | - | The assumed role, where the requester is one
-- column: remoteip | varchar | - | The address of the request; empty for internal ones
-- column: operation | varchar | - | As S3 names it
-- column: httpstatus | integer | - | The response status; empty for lifecycle actions
-- column: errorcode | varchar | - | The S3 error code; empty without error
-- column: succeeded | boolean | - | Whether S3 answered without an error
-- column: bytessent | bigint | bytes | Sent in the response, without headers
-- column: objectsize | bigint | bytes | Size of the object
-- column: useragent | varchar | - | What the client calls itself
-- column: requestid | varchar | - | Of the request; shared by the rows of a multi-delete
-- false_positives: Backup, inventory, replication and malware scanners read everything, as do people who list a
--   folder in the S3 console. A copy within S3 appears here for its source and nowhere as a download. Delivery of
--   access logs is best effort: absence of a row proves nothing.
-- next_step: Take the requester to CloudTrail for the session behind the role. Compare bytessent with objectsize
--   to see whether the object was read to its end.

SELECT
  requestdatetime,
  bucket_name,
  key,
  versionid,
  requester,
  regexp_extract(requester, ':assumed-role/([^/]+)', 1) AS role,
  remoteip,
  operation,
  httpstatus,
  errorcode,
  COALESCE(httpstatus, 200) < 400 AS succeeded,
  bytessent,
  objectsize,
  useragent,
  requestid
FROM s3_access_logs
WHERE requestdate >= ? AND requestdate <= ?
  AND (requestdate > ? OR requesthour >= ?)
  AND (requestdate < ? OR requesthour <= ?)
  AND requestdatetime >= ? AND requestdatetime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND (CAST(? AS varchar) IS NULL OR key = ?)
  AND (
    operation IN (
      'REST.GET.OBJECT',
      'REST.GET.PART',
      'REST.COPY.OBJECT_GET',
      'REST.COPY.PART_GET',
      'REST.POST.SELECT',
      'WEBSITE.GET.OBJECT',
      'SOAP.GetObject',
      'SOAP.GetObjectExtended'
    )
    OR (CAST(? AS boolean) AND operation IN ('REST.HEAD.OBJECT', 'WEBSITE.HEAD.OBJECT'))
  )
ORDER BY requestdatetime, source_id, log_object, log_line
