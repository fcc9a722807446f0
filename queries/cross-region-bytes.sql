-- id: cross-region-bytes
-- title: Bytes that crossed Regions
-- answers: How many bytes requesters in another Region got out of and put into each bucket: transfer that is
--   billed.
-- source: s3_access_logs
-- category: cost
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: bucket_name | varchar | - | The bucket
-- column: bucket_region | varchar | - | Where the bucket lies
-- column: sourceregion | varchar | - | Where the request came from
-- column: requester | varchar | - | Canonical id or ARN of who asked; empty for unauthenticated requests
-- column: requests | bigint | requests | Requests
-- column: bytes_sent | bigint | bytes | Sent in the responses, without headers
-- column: bytes_uploaded | bigint | bytes | Sizes of the objects that were uploaded
-- false_positives: The source Region is logged since 2026-02-23, and not for requests over PrivateLink, Direct
--   Connect or from addresses outside of AWS. Buckets whose Region the configuration does not name are left out.
--   Transfer through CloudFront is billed otherwise.
-- next_step: Move the reader or a replica of the bucket into the other's Region where the bytes are worth it.

SELECT
  bucket_name,
  bucket_region,
  sourceregion,
  requester,
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
  AND sourceregion <> bucket_region
GROUP BY bucket_name, bucket_region, sourceregion, requester
ORDER BY bytes_sent DESC, bytes_uploaded DESC, bucket_name, sourceregion, requester
