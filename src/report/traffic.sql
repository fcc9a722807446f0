-- id: traffic
-- title: Traffic
-- answers: Requests, errors and bytes by bucket and day: what a report sums up.
-- source: s3_access_logs
-- category: traffic
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: bucket_name | varchar | - | The bucket
-- column: requestdate | varchar | - | The day, UTC
-- column: requests | bigint | requests | Requests; lifecycle actions do not count
-- column: client_errors | bigint | requests | With a status of 4xx
-- column: service_errors | bigint | requests | With a status of 5xx
-- column: anonymous | bigint | requests | Without a requester, but with an address
-- column: bytes_sent | bigint | bytes | Bytes of the answers
-- false_positives: None; it counts.
-- next_step: Ask the queries that the report names.

SELECT
  bucket_name,
  requestdate,
  COUNT(*) AS requests,
  SUM(CASE WHEN httpstatus BETWEEN 400 AND 499 THEN 1 ELSE 0 END) AS client_errors,
  SUM(CASE WHEN httpstatus >= 500 THEN 1 ELSE 0 END) AS service_errors,
  SUM(CASE WHEN requester IS NULL AND remoteip IS NOT NULL THEN 1 ELSE 0 END) AS anonymous,
  COALESCE(SUM(bytessent), 0) AS bytes_sent
FROM s3_access_logs
WHERE requestdate >= ? AND requestdate <= ?
  AND (requestdate > ? OR requesthour >= ?)
  AND (requestdate < ? OR requesthour <= ?)
  AND requestdatetime >= ? AND requestdatetime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND operation NOT LIKE 'S3.%'
GROUP BY bucket_name, requestdate
