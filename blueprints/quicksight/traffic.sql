-- id: traffic
-- title: Traffic by hour
-- answers: Requests, errors and bytes by hour, bucket, operation and class of status; lifecycle actions do not count.
-- source: s3_access_logs
-- category: dashboard
-- parameter: from | timestamp | required | Start of the first day, UTC
-- parameter: to | timestamp | required | End of the last day, UTC
-- positions: from.date to.date
-- column: period | timestamp | - | Start of the hour, UTC
-- column: bucket_name | varchar | - | The bucket
-- column: operation | varchar | - | As S3 names it
-- column: status | varchar | - | Class of the HTTP status
-- column: requests | bigint | requests | Requests
-- column: client_errors | bigint | requests | Of them refused with 4xx
-- column: service_errors | bigint | requests | Of them failed with 5xx
-- column: bytes_sent | bigint | bytes | Sent in the responses, without headers
-- column: bytes_uploaded | bigint | bytes | Sizes of the objects that were uploaded

SELECT
  date_trunc('hour', requestdatetime) AS period,
  bucket_name,
  operation,
  CASE
    WHEN httpstatus >= 200 AND httpstatus < 300 THEN '2xx success'
    WHEN httpstatus >= 300 AND httpstatus < 400 THEN '3xx redirected or unchanged'
    WHEN httpstatus >= 400 AND httpstatus < 500 THEN '4xx refused'
    WHEN httpstatus >= 500 AND httpstatus < 600 THEN '5xx failed'
    ELSE 'not logged'
  END AS status,
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
  AND operation NOT LIKE 'S3.%'
GROUP BY 1, 2, 3, 4
