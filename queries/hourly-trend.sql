-- id: hourly-trend
-- title: Requests, errors and bytes by hour
-- answers: How many requests, errors and bytes each hour of the range had. Hours without requests are there, with
--   zeros. Lifecycle actions do not count.
-- source: s3_access_logs
-- category: traffic
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from to to from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: hour | timestamp | - | Start of the hour, UTC
-- column: requests | bigint | requests | Requests
-- column: client_errors | bigint | requests | Of them refused with 4xx
-- column: service_errors | bigint | requests | Of them failed with 5xx
-- column: bytes_sent | bigint | bytes | Sent in the responses, without headers
-- column: bytes_uploaded | bigint | bytes | Sizes of the objects that were uploaded
-- false_positives: Delivery of access logs is best effort and some records arrive a day late: the last hours look
--   quieter than they were.
-- next_step: Run top-operations and top-requesters for what stands out.

SELECT
  calendar.hour,
  COALESCE(counted.requests, 0) AS requests,
  COALESCE(counted.client_errors, 0) AS client_errors,
  COALESCE(counted.service_errors, 0) AS service_errors,
  COALESCE(counted.bytes_sent, 0) AS bytes_sent,
  COALESCE(counted.bytes_uploaded, 0) AS bytes_uploaded
FROM (
  SELECT date_add('hour', number, TIMESTAMP '2006-01-01 00:00:00.000') AS hour
  FROM (
    SELECT 10000 * tens.n + ones.n AS number
    FROM UNNEST(sequence(0, 99)) AS tens(n)
    CROSS JOIN UNNEST(sequence(0, 9999)) AS ones(n)
  ) AS numbers
  WHERE number >= date_diff('hour', TIMESTAMP '2006-01-01 00:00:00', ?)
    AND number <= date_diff('hour', TIMESTAMP '2006-01-01 00:00:00', ?)
    AND date_add('hour', number, TIMESTAMP '2006-01-01 00:00:00') < ?
) AS calendar
LEFT JOIN (
  SELECT
    date_trunc('hour', requestdatetime) AS hour,
    COUNT(*) AS requests,
    count_if(httpstatus >= 400 AND httpstatus < 500) AS client_errors,
    count_if(httpstatus >= 500 AND httpstatus < 600) AS service_errors,
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
  GROUP BY 1
) AS counted ON counted.hour = calendar.hour
ORDER BY calendar.hour
