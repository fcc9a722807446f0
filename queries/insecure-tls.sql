-- id: insecure-tls
-- title: Who uses plain HTTP or a TLS older than 1.2
-- answers: Which clients would be shut out if a bucket demanded TLS 1.2: those that come over plain HTTP, TLS 1.0
--   or TLS 1.1.
-- source: s3_access_logs
-- category: security
-- severity: medium
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: bucket_name | varchar | - | The bucket
-- column: protocol | varchar | - | HTTP, TLSv1 or TLSv1.1
-- column: requester | varchar | - | Canonical id or ARN of who asked; empty for unauthenticated requests
-- column: useragent | varchar | - | What the client calls itself
-- column: requests | bigint | requests | Requests
-- column: remoteips | bigint | addresses | Different addresses
-- column: first_request | timestamp | - | The earliest, UTC
-- column: last_request | timestamp | - | The latest, UTC
-- false_positives: Website endpoints speak HTTP only; their requests are redirected or public by intention.
--   Records from before 2019 do not tell the protocol and are left out.
-- next_step: Update the client named in useragent, then deny aws:SecureTransport = false and s3:TlsVersion below
--   1.2 in the bucket's policy.

SELECT
  bucket_name,
  CASE
    WHEN tlsversion IS NULL THEN 'HTTP'
    WHEN upper(tlsversion) = 'TLSV1.1' THEN 'TLSv1.1'
    ELSE 'TLSv1'
  END AS protocol,
  requester,
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
  AND (
    upper(tlsversion) IN ('TLSV1', 'TLSV1.0', 'TLSV1.1')
    OR (
      tlsversion IS NULL AND ciphersuite IS NULL
      AND endpoint IS NOT NULL AND request_uri IS NOT NULL AND remoteip IS NOT NULL
    )
  )
GROUP BY 1, 2, 3, 4
ORDER BY requests DESC, bucket_name, protocol, requester, useragent
