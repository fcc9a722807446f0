-- id: idle-prefixes
-- title: Prefixes that nobody used lately
-- answers: When each prefix was last read and written, for prefixes that nobody used for some days before the end
--   of the range. Only prefixes with a record in the range appear: an absence of log records is no proof of an
--   absence of requests, nor of the prefix.
-- source: s3_access_logs
-- category: cost
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: idle_days | bigint | 30 | Not used for this many whole days before the end of the range
-- parameter: depth | bigint | 1 | How many folders make a prefix, 1 to 4
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket depth to idle_days
-- column: bucket_name | varchar | - | The bucket
-- column: prefix | varchar | - | The folders at the front of the key; empty for objects in none
-- column: last_access | timestamp | - | The last request that worked, UTC; lifecycle actions do not count
-- column: last_read | timestamp | - | The last time content was handed out, UTC
-- column: last_write | timestamp | - | The last time content was written, UTC
-- column: requests | bigint | requests | Requests
-- column: objects | bigint | objects | Different objects
-- false_positives: Delivery of access logs is best effort, and what was not asked for in the range has no record
--   at all: compare with an inventory of the bucket before anything is deleted. A range shorter than idle_days finds
--   nothing.
-- next_step: Ask the owner, then let a lifecycle rule move the prefix to a colder storage class before one expires
--   it.

SELECT
  bucket_name,
  prefix,
  last_access,
  last_read,
  last_write,
  requests,
  objects
FROM (
  SELECT
    bucket_name,
    COALESCE(
      CASE depth
        WHEN 1 THEN regexp_extract(key, '^[^/]*/')
        WHEN 2 THEN regexp_extract(key, '^([^/]*/){1,2}')
        WHEN 3 THEN regexp_extract(key, '^([^/]*/){1,3}')
        ELSE regexp_extract(key, '^([^/]*/){1,4}')
      END,
      ''
    ) AS prefix,
    MAX(requestdatetime) AS last_access,
    MAX(
      CASE WHEN operation IN (
        'REST.GET.OBJECT',
        'REST.GET.PART',
        'REST.COPY.OBJECT_GET',
        'REST.COPY.PART_GET',
        'REST.POST.SELECT',
        'WEBSITE.GET.OBJECT',
        'SOAP.GetObject',
        'SOAP.GetObjectExtended'
      ) THEN requestdatetime END
    ) AS last_read,
    MAX(
      CASE WHEN operation IN (
        'REST.PUT.OBJECT',
        'REST.PUT.PART',
        'REST.POST.OBJECT',
        'REST.POST.UPLOAD',
        'REST.COPY.OBJECT',
        'REST.COPY.PART',
        'SOAP.PutObject',
        'SOAP.PutObjectInline'
      ) THEN requestdatetime END
    ) AS last_write,
    COUNT(*) AS requests,
    COUNT(DISTINCT key) AS objects
  FROM s3_access_logs
  CROSS JOIN (VALUES (1), (2), (3), (4)) AS depths(depth)
  WHERE requestdate >= ? AND requestdate <= ?
    AND (requestdate > ? OR requesthour >= ?)
    AND (requestdate < ? OR requesthour <= ?)
    AND requestdatetime >= ? AND requestdatetime < ?
    AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
    AND key IS NOT NULL AND operation NOT LIKE 'S3.%' AND COALESCE(httpstatus, 200) < 400
    AND depth = ?
  GROUP BY 1, 2
) AS prefixes
WHERE date_diff('day', last_access, ?) >= ?
ORDER BY last_access, bucket_name, prefix
