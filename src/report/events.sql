-- id: events
-- title: CloudTrail's events by one thing at a time
-- answers: What the trail's events were, one dimension at a time: hour, call, caller, error, address, Region. Of all events, where
--   bucket_name is null, and of those that name a bucket that the page shows apart. Every hour with events has a row; of the others the 25
--   values with most events have one each, all others one together.
-- source: cloudtrail_events
-- category: report
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: shown | string | required | The buckets that have figures of their own, each between slashes: /a/b/
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket shown
-- column: dimension | varchar | - | What is told apart
-- column: bucket_name | varchar | - | The bucket; null for all events
-- column: kept | boolean | - | Whether the row is one value; false for all others together
-- column: value | varchar | - | The value; null where the event has none
-- column: members | bigint | values | How many values the row stands for
-- column: calls | bigint | calls | Events
-- column: errors | bigint | calls | Of them refused or failed
-- column: writes | bigint | calls | Of them changed something: readOnly is false
-- false_positives: Which calls appear at all depends on the trail's event selectors. Events of calls that name no bucket count for
--   all only.
-- next_step: Ask the saved queries ct-top-events, ct-top-principals and ct-top-errors.

SELECT
  dimension,
  bucket_name,
  kept,
  CASE WHEN kept THEN value END AS value,
  COUNT(*) AS members,
  SUM(calls) AS calls,
  SUM(errors) AS errors,
  SUM(writes) AS writes
FROM (
  SELECT
    *,
    dimension = 'hour'
      OR row_number() OVER (PARTITION BY dimension, bucket_name ORDER BY calls DESC, value) <= 25 AS kept
  FROM (
    SELECT
      CASE
        WHEN hour IS NOT NULL THEN 'hour'
        WHEN call IS NOT NULL THEN 'call'
        WHEN caller IS NOT NULL THEN 'caller'
        WHEN errorcode IS NOT NULL THEN 'error'
        WHEN sourceipaddress IS NOT NULL THEN 'address'
        ELSE 'region'
      END AS dimension,
      bucket_name,
      NULLIF(COALESCE(hour, call, caller, errorcode, sourceipaddress, awsregion), '') AS value,
      calls,
      errors,
      writes
    FROM (
      SELECT
        bucket_name,
        hour,
        call,
        caller,
        errorcode,
        sourceipaddress,
        awsregion,
        SUM(calls) AS calls,
        SUM(errors) AS errors,
        SUM(writes) AS writes
      FROM (
        SELECT
          COALESCE(bucket_name, '') AS bucket_name,
          concat(eventdate, ' ', eventhour) AS hour,
          COALESCE(concat(eventname, ' (', COALESCE(eventsource, 'unknown'), ')'), '') AS call,
          COALESCE(useridentity_arn, NULLIF(useridentity_principalid, ''), useridentity_invokedby, useridentity_accountid, '') AS caller,
          COALESCE(errorcode, '') AS errorcode,
          COALESCE(sourceipaddress, '') AS sourceipaddress,
          COALESCE(awsregion, '') AS awsregion,
          COUNT(*) AS calls,
          count_if(errorcode IS NOT NULL) AS errors,
          count_if(readonly = 'false') AS writes
        FROM cloudtrail_events_unique
        WHERE eventdate >= ? AND eventdate <= ?
          AND (eventdate > ? OR eventhour >= ?)
          AND (eventdate < ? OR eventhour <= ?)
          AND eventtime >= ? AND eventtime < ?
          AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
        GROUP BY 1, 2, 3, 4, 5, 6, 7
      ) AS counted
      GROUP BY GROUPING SETS (
        (hour), (bucket_name, hour),
        (call), (bucket_name, call),
        (caller), (bucket_name, caller),
        (errorcode), (bucket_name, errorcode),
        (sourceipaddress), (bucket_name, sourceipaddress),
        (awsregion), (bucket_name, awsregion)
      )
    ) AS sets
    WHERE bucket_name IS NULL OR strpos(CAST(? AS varchar), concat('/', bucket_name, '/')) > 0
  ) AS summed
  WHERE dimension <> 'error' OR value IS NOT NULL
) AS placed
GROUP BY 1, 2, 3, 4
ORDER BY dimension, bucket_name, kept DESC, calls DESC, value
