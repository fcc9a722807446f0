-- id: object-deletions
-- title: Who deleted which object
-- answers: Who deleted what, one row an object: by a call of its own, in a multi-delete, or by a lifecycle rule;
--   and whether it worked. Deletions of bucket configuration and aborted uploads are no deletions of objects.
-- source: s3_access_logs
-- category: deletion
-- severity: medium
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: key | string | null | Only this object
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket key key
-- column: requestdatetime | timestamp | - | When S3 received the request, UTC
-- column: bucket_name | varchar | - | The bucket
-- column: key | varchar | - | The object, decoded
-- column: versionid | varchar | - | The version that the request named or made
-- column: method | varchar | - | api_call, multi_delete or lifecycle
-- column: operation | varchar | - | As S3 names it
-- column: requester | varchar | - | Canonical id or ARN of who asked; empty for unauthenticated requests
-- column: role | varchar | - | The assumed role, where the requester is one
-- column: remoteip | varchar | - | The address of the request; empty for internal ones
-- column: httpstatus | integer | - | The response status; empty for lifecycle actions
-- column: errorcode | varchar | - | The S3 error code; empty without error
-- column: succeeded | boolean | - | Whether S3 carried it out
-- column: objectsize | bigint | bytes | Size of the object
-- column: useragent | varchar | - | What the client calls itself
-- column: requestid | varchar | - | Of the request; shared by the rows of a multi-delete
-- false_positives: On a versioned bucket a deletion without version only adds a delete marker: the object can be
--   brought back. S3 answers 204 for keys that never existed. Programs that clean up after themselves delete a lot.
-- next_step: On a versioned bucket remove the delete marker, or copy the old version back. Run object-access for
--   the same key to see what came before.

SELECT
  requestdatetime,
  bucket_name,
  key,
  versionid,
  CASE
    WHEN operation = 'BATCH.DELETE.OBJECT' THEN 'multi_delete'
    WHEN operation IN ('S3.EXPIRE.OBJECT', 'S3.CREATE.DELETEMARKER') THEN 'lifecycle'
    ELSE 'api_call'
  END AS method,
  operation,
  requester,
  regexp_extract(requester, ':assumed-role/([^/]+)', 1) AS role,
  remoteip,
  httpstatus,
  errorcode,
  COALESCE(httpstatus, 200) < 400 AND errorcode IS NULL AS succeeded,
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
  AND operation IN (
    'REST.DELETE.OBJECT',
    'BATCH.DELETE.OBJECT',
    'S3.EXPIRE.OBJECT',
    'S3.CREATE.DELETEMARKER',
    'SOAP.DeleteObject'
  )
ORDER BY requestdatetime, source_id, log_object, log_line
