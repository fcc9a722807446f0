-- id: failing-clients
-- title: Addresses with many failures in a minute
-- answers: Which addresses met how many errors within one minute, from a number on: clients that are broken,
--   misconfigured, or trying doors.
-- source: s3_access_logs
-- category: security
-- severity: low
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: min_errors | bigint | 20 | From this many errors in a minute on
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket min_errors
-- column: minute | timestamp | - | Start of the minute, UTC
-- column: remoteip | varchar | - | The address of the request; empty for internal ones
-- column: requests | bigint | requests | Requests in this minute
-- column: client_errors | bigint | requests | Of them refused with 4xx
-- column: service_errors | bigint | requests | Of them failed with 5xx
-- column: errorcodes | varchar | - | The error codes they met, in alphabetical order; HEAD requests have none
-- column: requesters | bigint | requesters | Different authenticated requesters
-- column: buckets | bigint | buckets | Different buckets
-- column: objects | bigint | objects | Different objects
-- false_positives: Programs that look before they write get a 404 for each new object. Many machines behind one
--   gateway share an address.
-- next_step: 403 on many keys is probing or a policy that was changed under a program: run access-denied. 5xx: run
--   service-errors.

SELECT
  minute,
  remoteip,
  COUNT(*) AS requests,
  SUM(client_error) AS client_errors,
  SUM(service_error) AS service_errors,
  array_join(array_sort(array_agg(DISTINCT errorcode) FILTER (WHERE errorcode IS NOT NULL)), ', ') AS errorcodes,
  COUNT(DISTINCT requester) AS requesters,
  COUNT(DISTINCT bucket_name) AS buckets,
  COUNT(DISTINCT key) AS objects
FROM (
  SELECT
    *,
    SUM(client_error + service_error) OVER (PARTITION BY minute, remoteip) AS errors
  FROM (
    SELECT
      date_trunc('minute', requestdatetime) AS minute,
      remoteip,
      errorcode,
      requester,
      bucket_name,
      key,
      CASE WHEN httpstatus >= 400 AND httpstatus < 500 THEN 1 ELSE 0 END AS client_error,
      CASE WHEN httpstatus >= 500 AND httpstatus < 600 THEN 1 ELSE 0 END AS service_error
    FROM s3_access_logs
    WHERE requestdate >= ? AND requestdate <= ?
      AND (requestdate > ? OR requesthour >= ?)
      AND (requestdate < ? OR requesthour <= ?)
      AND requestdatetime >= ? AND requestdatetime < ?
      AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
      AND remoteip IS NOT NULL
  ) AS requests
) AS minutes
WHERE errors >= ?
GROUP BY 1, 2
ORDER BY MAX(errors) DESC, minute, remoteip
