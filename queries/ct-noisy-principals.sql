-- id: ct-noisy-principals
-- title: Callers with many calls in a minute
-- answers: Who made how many calls within one minute, from a number on.
-- source: cloudtrail_events
-- category: performance
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: min_calls | bigint | 1000 | From this many calls in a minute on
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket min_calls
-- column: minute | timestamp | - | Start of the minute, UTC
-- column: principal | varchar | - | Who called: an ARN where there is one, else the id, service or account
-- column: role | varchar | - | The role, where the caller is a session of one
-- column: calls | bigint | calls | Calls in this minute
-- column: errors | bigint | calls | Of them refused or failed
-- column: eventnames | bigint | calls | Different calls
-- column: buckets | bigint | buckets | Different buckets
-- column: addresses | bigint | addresses | Different addresses
-- false_positives: Inventories, backups and infrastructure as code call in bursts. A multi-delete counts once and
--   once more for each of its objects.
-- next_step: Many errors, or many different calls, are somebody trying doors: run ct-access-denied.

SELECT
  minute,
  principal,
  role,
  calls,
  errors,
  eventnames,
  buckets,
  addresses
FROM (
  SELECT
    date_trunc('minute', eventtime) AS minute,
    COALESCE(useridentity_arn, NULLIF(useridentity_principalid, ''), useridentity_invokedby, useridentity_accountid) AS principal,
    session_issuer_username AS role,
    COUNT(*) AS calls,
    count_if(errorcode IS NOT NULL) AS errors,
    COUNT(DISTINCT eventname) AS eventnames,
    COUNT(DISTINCT bucket_name) AS buckets,
    COUNT(DISTINCT sourceipaddress) AS addresses
  FROM cloudtrail_events_unique
  WHERE eventdate >= ? AND eventdate <= ?
    AND (eventdate > ? OR eventhour >= ?)
    AND (eventdate < ? OR eventhour <= ?)
    AND eventtime >= ? AND eventtime < ?
    AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  GROUP BY 1, 2, 3
) AS minutes
WHERE calls >= ?
ORDER BY calls DESC, minute, principal
