-- id: hours
-- title: Requests, errors and bytes by hour
-- answers: How many requests, errors and bytes each hour had: of all buckets together, where bucket_name is null, and of those
--   that the page shows apart. Hours without requests have no row.
-- source: s3_access_logs
-- category: report
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: shown | string | required | The buckets that have figures of their own, each between slashes: /a/b/
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket shown
-- column: bucket_name | varchar | - | The bucket; null for all together
-- column: hour | timestamp | - | Start of the hour, UTC
-- column: requests | bigint | requests | Requests; lifecycle actions do not count
-- column: client_errors | bigint | requests | Of them refused with 4xx
-- column: service_errors | bigint | requests | Of them failed with 5xx
-- column: anonymous | bigint | requests | Of them without a requester, but with an address
-- column: bytes_sent | bigint | bytes | Sent in the responses, without headers
-- column: bytes_uploaded | bigint | bytes | Sizes of the objects that were uploaded
-- false_positives: Delivery of access logs is best effort and some records arrive a day late: the last hours look quieter than
--   they were.
-- next_step: Zoom in on what stands out, then look at operations and requesters of that time.

SELECT *
FROM (
  SELECT
    bucket_name,
    hour,
    SUM(requests) AS requests,
    SUM(client_errors) AS client_errors,
    SUM(service_errors) AS service_errors,
    SUM(anonymous) AS anonymous,
    SUM(bytes_sent) AS bytes_sent,
    SUM(bytes_uploaded) AS bytes_uploaded
  FROM (
    SELECT
      COALESCE(bucket_name, '') AS bucket_name,
      date_trunc('hour', requestdatetime) AS hour,
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
    GROUP BY 1, 2
  ) AS counted
  GROUP BY GROUPING SETS ((hour), (bucket_name, hour))
) AS summed
WHERE bucket_name IS NULL OR strpos(CAST(? AS varchar), concat('/', bucket_name, '/')) > 0
ORDER BY 1, 2
