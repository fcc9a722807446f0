-- id: breakdowns
-- title: Requests, errors and bytes by one thing at a time
-- answers: What the requests were made of, one dimension at a time: operation, status class, error, requester, address, key
--   prefix, user agent, TLS version, signature version. Of all buckets together, where bucket_name is null, and of those that the
--   page shows apart. The 25 values with most requests have a row each, all others one row with how many they are.
-- source: s3_access_logs
-- category: report
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: shown | string | required | The buckets that have figures of their own, each between slashes: /a/b/
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket shown
-- column: dimension | varchar | - | What is told apart
-- column: bucket_name | varchar | - | The bucket; null for all together
-- column: kept | boolean | - | Whether the row is one value; false for all others together
-- column: value | varchar | - | The value; null where the log has none
-- column: members | bigint | values | How many values the row stands for
-- column: requests | bigint | requests | Requests; lifecycle actions do not count
-- column: client_errors | bigint | requests | Of them refused with 4xx
-- column: service_errors | bigint | requests | Of them failed with 5xx
-- column: bytes_sent | bigint | bytes | Sent in the responses, without headers
-- column: bytes_uploaded | bigint | bytes | Sizes of the objects that were uploaded
-- column: deletions | bigint | objects | Objects that were deleted on request
-- column: write_requests | bigint | requests | Billed as PUT, COPY, POST or LIST
-- column: read_requests | bigint | requests | Billed as GET and all others
-- column: bytes_other_region | bigint | bytes | Of the bytes sent, those that went to another Region
-- column: bytes_unknown | bigint | bytes | Of the bytes sent, those of which the log does not tell where they went
-- false_positives: A prefix is what stands before the second slash of a key, or before the first where there is no second. What is billed follows "Amazon S3
--   pricing": deletions are free, and so are refusals (403) of callers from outside and failures of S3 itself (5xx); the
--   reading half of a copy is part of the copy.
-- next_step: Ask the saved query of the same thing for the requests themselves.

SELECT
  dimension,
  bucket_name,
  kept,
  CASE WHEN kept THEN value END AS value,
  COUNT(*) AS members,
  SUM(requests) AS requests,
  SUM(client_errors) AS client_errors,
  SUM(service_errors) AS service_errors,
  SUM(bytes_sent) AS bytes_sent,
  SUM(bytes_uploaded) AS bytes_uploaded,
  SUM(deletions) AS deletions,
  SUM(write_requests) AS write_requests,
  SUM(read_requests) AS read_requests,
  SUM(bytes_other_region) AS bytes_other_region,
  SUM(bytes_unknown) AS bytes_unknown
FROM (
  SELECT
    *,
    row_number() OVER (PARTITION BY dimension, bucket_name ORDER BY requests DESC, bytes_sent DESC, value) <= 25 AS kept
  FROM (
    SELECT
      CASE
        WHEN operation IS NOT NULL THEN 'operation'
        WHEN status IS NOT NULL THEN 'status'
        WHEN error IS NOT NULL THEN 'error'
        WHEN requester IS NOT NULL THEN 'requester'
        WHEN remoteip IS NOT NULL THEN 'address'
        WHEN prefix IS NOT NULL THEN 'prefix'
        WHEN useragent IS NOT NULL THEN 'agent'
        WHEN tls IS NOT NULL THEN 'tls'
        ELSE 'signature'
      END AS dimension,
      bucket_name,
      NULLIF(COALESCE(operation, status, error, requester, remoteip, prefix, useragent, tls, sigv), '') AS value,
      requests,
      client_errors,
      service_errors,
      bytes_sent,
      bytes_uploaded,
      deletions,
      write_requests,
      read_requests,
      bytes_other_region,
      bytes_unknown
    FROM (
      SELECT
        bucket_name,
        operation,
        status,
        error,
        requester,
        remoteip,
        prefix,
        useragent,
        tls,
        sigv,
        SUM(requests) AS requests,
        SUM(client_errors) AS client_errors,
        SUM(service_errors) AS service_errors,
        SUM(bytes_sent) AS bytes_sent,
        SUM(bytes_uploaded) AS bytes_uploaded,
        SUM(deletions) AS deletions,
        SUM(write_requests) AS write_requests,
        SUM(read_requests) AS read_requests,
        SUM(bytes_other_region) AS bytes_other_region,
        SUM(bytes_unknown) AS bytes_unknown
      FROM (
        SELECT
          COALESCE(bucket_name, '') AS bucket_name,
          COALESCE(operation, '') AS operation,
          CASE
            WHEN httpstatus >= 200 AND httpstatus < 300 THEN '2xx success'
            WHEN httpstatus >= 300 AND httpstatus < 400 THEN '3xx redirected or unchanged'
            WHEN httpstatus >= 400 AND httpstatus < 500 THEN '4xx refused'
            WHEN httpstatus >= 500 AND httpstatus < 600 THEN '5xx failed'
            ELSE ''
          END AS status,
          CASE WHEN httpstatus >= 400 THEN concat(CAST(httpstatus AS varchar), ' ', COALESCE(errorcode, 'without a code')) ELSE 'none' END AS error,
          COALESCE(requester, '') AS requester,
          COALESCE(remoteip, '') AS remoteip,
          CASE WHEN key IS NOT NULL THEN COALESCE(regexp_extract(key, '^[^/]*/([^/]*/)?'), '(no slash)') ELSE '' END AS prefix,
          COALESCE(useragent, '') AS useragent,
          CASE
            WHEN tlsversion IS NOT NULL THEN tlsversion
            WHEN ciphersuite IS NULL AND endpoint IS NOT NULL AND request_uri IS NOT NULL AND remoteip IS NOT NULL THEN 'plain HTTP'
            ELSE ''
          END AS tls,
          COALESCE(sigv, '') AS sigv,
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
          ), 0) AS bytes_uploaded,
          count_if(
            operation IN ('REST.DELETE.OBJECT', 'BATCH.DELETE.OBJECT', 'SOAP.DeleteObject')
              AND COALESCE(httpstatus, 200) < 400 AND errorcode IS NULL
          ) AS deletions,
          count_if(
            COALESCE(httpstatus, 200) <> 403 AND COALESCE(httpstatus, 200) < 500
              AND (operation LIKE 'REST.PUT.%' OR operation LIKE 'REST.POST.%'
                OR operation IN ('REST.COPY.OBJECT', 'REST.COPY.PART', 'REST.GET.BUCKET', 'REST.GET.BUCKETVERSIONS', 'REST.GET.UPLOADS', 'REST.GET.UPLOAD', 'REST.GET.SERVICE'))
          ) AS write_requests,
          count_if(
            COALESCE(httpstatus, 200) <> 403 AND COALESCE(httpstatus, 200) < 500
              AND operation NOT LIKE 'REST.PUT.%' AND operation NOT LIKE 'REST.POST.%' AND operation NOT LIKE 'REST.DELETE.%'
                AND operation NOT IN ('REST.COPY.OBJECT', 'REST.COPY.PART', 'REST.GET.BUCKET', 'REST.GET.BUCKETVERSIONS', 'REST.GET.UPLOADS', 'REST.GET.UPLOAD', 'REST.GET.SERVICE',
                  'BATCH.DELETE.OBJECT', 'REST.COPY.OBJECT_GET', 'REST.COPY.PART_GET')
          ) AS read_requests,
          COALESCE(SUM(CASE WHEN sourceregion <> bucket_region THEN bytessent END), 0) AS bytes_other_region,
          COALESCE(SUM(CASE WHEN sourceregion IS NULL OR bucket_region IS NULL THEN bytessent END), 0) AS bytes_unknown
        FROM s3_access_logs
        WHERE requestdate >= ? AND requestdate <= ?
          AND (requestdate > ? OR requesthour >= ?)
          AND (requestdate < ? OR requesthour <= ?)
          AND requestdatetime >= ? AND requestdatetime < ?
          AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
          AND operation NOT LIKE 'S3.%'
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
      ) AS counted
      GROUP BY GROUPING SETS (
        (operation), (bucket_name, operation),
        (status), (bucket_name, status),
        (error), (bucket_name, error),
        (requester), (bucket_name, requester),
        (remoteip), (bucket_name, remoteip),
        (prefix), (bucket_name, prefix),
        (useragent), (bucket_name, useragent),
        (tls), (bucket_name, tls),
        (sigv), (bucket_name, sigv)
      )
    ) AS sets
    WHERE bucket_name IS NULL OR strpos(CAST(? AS varchar), concat('/', bucket_name, '/')) > 0
  ) AS summed
  WHERE dimension <> 'error' OR value <> 'none'
) AS placed
GROUP BY 1, 2, 3, 4
ORDER BY dimension, bucket_name, kept DESC, requests DESC, bytes_sent DESC, value
