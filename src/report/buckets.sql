-- id: buckets
-- title: Requests, errors and bytes by bucket
-- answers: How busy each bucket was; the page shows the busiest apart.
-- source: s3_access_logs
-- category: report
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: bucket_name | varchar | - | The bucket
-- column: requests | bigint | requests | Requests; lifecycle actions do not count
-- column: client_errors | bigint | requests | Of them refused with 4xx
-- column: service_errors | bigint | requests | Of them failed with 5xx
-- column: anonymous | bigint | requests | Of them without a requester, but with an address
-- column: bytes_sent | bigint | bytes | Sent in the responses, without headers
-- column: bytes_uploaded | bigint | bytes | Sizes of the objects that were uploaded
-- false_positives: None; it counts.
-- next_step: Choose a bucket on the page.

SELECT
  bucket_name,
  COUNT(*) AS requests,
  count_if(httpstatus >= 400 AND httpstatus < 500) AS client_errors,
  count_if(httpstatus >= 500 AND httpstatus < 600) AS service_errors,
  count_if(requester IS NULL AND remoteip IS NOT NULL) AS anonymous,
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
GROUP BY bucket_name
ORDER BY requests DESC, bucket_name
