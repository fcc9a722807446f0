-- id: acl-required
-- title: Who depends on ACLs
-- answers: Which requests needed an ACL to be allowed, and would be refused once the bucket's owner enforces
--   ownership (ACLs disabled).
-- source: s3_access_logs
-- category: security
-- severity: low
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: bucket_name | varchar | - | The bucket
-- column: requester | varchar | - | Canonical id or ARN of who asked; empty for unauthenticated requests
-- column: role | varchar | - | The assumed role, where the requester is one
-- column: operation | varchar | - | As S3 names it
-- column: requests | bigint | requests | Requests
-- column: objects | bigint | objects | Different objects
-- column: first_request | timestamp | - | The earliest, UTC
-- column: last_request | timestamp | - | The latest, UTC
-- false_positives: The field exists since 2022: records from before it do not tell. Requests that a policy allows
--   too are not listed by S3.
-- next_step: Give these requesters the same access in the bucket's policy, wait until no more rows appear, then
--   set object ownership to bucket owner enforced.

SELECT
  bucket_name,
  requester,
  regexp_extract(requester, ':assumed-role/([^/]+)', 1) AS role,
  operation,
  COUNT(*) AS requests,
  COUNT(DISTINCT key) AS objects,
  MIN(requestdatetime) AS first_request,
  MAX(requestdatetime) AS last_request
FROM s3_access_logs
WHERE requestdate >= ? AND requestdate <= ?
  AND (requestdate > ? OR requesthour >= ?)
  AND (requestdate < ? OR requesthour <= ?)
  AND requestdatetime >= ? AND requestdatetime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND aclrequired = 'Yes'
GROUP BY bucket_name, requester, operation
ORDER BY requests DESC, bucket_name, requester, operation
