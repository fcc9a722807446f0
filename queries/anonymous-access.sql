-- id: anonymous-access
-- title: What was read or written unauthenticated
-- answers: Which objects and lists were handed out, and which objects were written or deleted, without anybody
--   having signed the request.
-- source: s3_access_logs
-- category: security
-- severity: high
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: refused | boolean | false | Also requests that were refused
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket refused
-- column: bucket_name | varchar | - | The bucket
-- column: action | varchar | - | read, head, list, write, delete or other
-- column: operation | varchar | - | As S3 names it
-- column: key | varchar | - | The object, decoded
-- column: requests | bigint | requests | Requests without a signature
-- column: remoteips | bigint | addresses | Different addresses
-- column: bytes_sent | bigint | bytes | Sent in the responses, without headers
-- column: first_request | timestamp | - | The earliest, UTC
-- column: last_request | timestamp | - | The latest, UTC
-- false_positives: Buckets that serve a website or public downloads are read unauthenticated as meant. Requests of
--   browsers that only ask what they may ask (REST.OPTIONS.PREFLIGHT) are left out.
-- next_step: If the bucket should not be public, switch block public access on, then look for the policy or ACL
--   that opened it. Run object-history for what was written.

SELECT
  bucket_name,
  CASE
    WHEN operation IN (
      'REST.GET.OBJECT',
      'REST.GET.PART',
      'REST.COPY.OBJECT_GET',
      'REST.COPY.PART_GET',
      'REST.POST.SELECT',
      'WEBSITE.GET.OBJECT',
      'SOAP.GetObject',
      'SOAP.GetObjectExtended'
    ) THEN 'read'
    WHEN operation IN ('REST.HEAD.OBJECT', 'WEBSITE.HEAD.OBJECT') THEN 'head'
    WHEN operation IN ('REST.GET.BUCKET', 'REST.GET.BUCKETVERSIONS', 'REST.GET.UPLOADS') THEN 'list'
    WHEN operation LIKE '%.DELETE.%' OR operation IN ('REST.POST.MULTI_OBJECT_DELETE', 'SOAP.DeleteObject') THEN 'delete'
    WHEN operation LIKE 'REST.PUT.%' OR operation LIKE 'REST.POST.%' OR operation LIKE 'REST.COPY.%' THEN 'write'
    ELSE 'other'
  END AS action,
  operation,
  key,
  COUNT(*) AS requests,
  COUNT(DISTINCT remoteip) AS remoteips,
  COALESCE(SUM(bytessent), 0) AS bytes_sent,
  MIN(requestdatetime) AS first_request,
  MAX(requestdatetime) AS last_request
FROM s3_access_logs
WHERE requestdate >= ? AND requestdate <= ?
  AND (requestdate > ? OR requesthour >= ?)
  AND (requestdate < ? OR requesthour <= ?)
  AND requestdatetime >= ? AND requestdatetime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND requester IS NULL AND remoteip IS NOT NULL
  AND operation <> 'REST.OPTIONS.PREFLIGHT'
  AND (operation <> 'REST.POST.MULTI_OBJECT_DELETE' OR httpstatus >= 400)
  AND (COALESCE(httpstatus, 200) < 400 OR CAST(? AS boolean))
GROUP BY bucket_name, operation, key
ORDER BY requests DESC, bucket_name, operation, key
