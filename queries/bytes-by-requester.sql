-- id: bytes-by-requester
-- title: Bytes by requester, for charge-back
-- answers: How many bytes each requester got out of and put into each bucket, with the account that it belongs to.
-- source: s3_access_logs
-- category: cost
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: bucket_name | varchar | - | The bucket
-- column: account | varchar | - | The account in the ARN of the requester; empty for other requesters
-- column: requester | varchar | - | Canonical id or ARN of who asked; empty for unauthenticated requests
-- column: role | varchar | - | The assumed role, where the requester is one
-- column: requests | bigint | requests | Requests
-- column: bytes_sent | bigint | bytes | Sent in the responses, without headers
-- column: bytes_uploaded | bigint | bytes | Sizes of the objects that were uploaded
-- false_positives: S3 bills transfer to the internet and to other Regions, not within a Region: these are all
--   bytes. Parts of uploads that were not completed are not counted.
-- next_step: Sum by account for a bill; run cross-region-bytes for what crossed Regions.

SELECT
  bucket_name,
  regexp_extract(requester, '^arn:[^:]*:(iam|sts)::([0-9]{12}):', 2) AS account,
  requester,
  regexp_extract(requester, ':assumed-role/([^/]+)', 1) AS role,
  COUNT(*) AS requests,
  COALESCE(SUM(bytessent), 0) AS bytes_sent,
  COALESCE(SUM(
    CASE
      WHEN operation IN ('REST.PUT.OBJECT', 'REST.POST.OBJECT', 'REST.POST.UPLOAD', 'SOAP.PutObject', 'SOAP.PutObjectInline')
        AND COALESCE(httpstatus, 200) < 400
      THEN objectsize
    END
  ), 0) AS bytes_uploaded
FROM s3_access_logs
WHERE requestdate >= ? AND requestdate <= ?
  AND (requestdate > ? OR requesthour >= ?)
  AND (requestdate < ? OR requesthour <= ?)
  AND requestdatetime >= ? AND requestdatetime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND operation NOT LIKE 'S3.%'
GROUP BY bucket_name, requester
ORDER BY bytes_sent DESC, bytes_uploaded DESC, bucket_name, requester
