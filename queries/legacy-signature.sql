-- id: legacy-signature
-- title: Who signs with SigV2
-- answers: Which clients still sign requests with Signature Version 2, and would be shut out without it.
-- source: s3_access_logs
-- category: security
-- severity: medium
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: bucket_name | varchar | - | The bucket
-- column: requester | varchar | - | Canonical id or ARN of who asked; empty for unauthenticated requests
-- column: role | varchar | - | The assumed role, where the requester is one
-- column: authtype | varchar | - | AuthHeader, or QueryString (presigned)
-- column: useragent | varchar | - | What the client calls itself
-- column: requests | bigint | requests | Requests
-- column: remoteips | bigint | addresses | Different addresses
-- column: first_request | timestamp | - | The earliest, UTC
-- column: last_request | timestamp | - | The latest, UTC
-- false_positives: None known: S3 logs the version that it checked.
-- next_step: Update the client named in useragent to a current SDK; presigned links (QueryString) are made by a
--   server, which is what to update.

SELECT
  bucket_name,
  requester,
  regexp_extract(requester, ':assumed-role/([^/]+)', 1) AS role,
  authtype,
  useragent,
  COUNT(*) AS requests,
  COUNT(DISTINCT remoteip) AS remoteips,
  MIN(requestdatetime) AS first_request,
  MAX(requestdatetime) AS last_request
FROM s3_access_logs
WHERE requestdate >= ? AND requestdate <= ?
  AND (requestdate > ? OR requesthour >= ?)
  AND (requestdate < ? OR requesthour <= ?)
  AND requestdatetime >= ? AND requestdatetime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND upper(sigv) = 'SIGV2'
GROUP BY bucket_name, requester, authtype, useragent
ORDER BY requests DESC, bucket_name, requester, authtype, useragent
