-- id: ct-top-errors
-- title: The errors most often met
-- answers: Which errors were met most often, by error, service and call.
-- source: cloudtrail_events
-- category: errors
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: limit | bigint | 20 | Rows at most
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket limit
-- column: rank_by_calls | bigint | - | Place by number of calls, 1 being the most
-- column: errorcode | varchar | - | The error; empty where the call worked
-- column: eventsource | varchar | - | The service that was called
-- column: eventname | varchar | - | The call
-- column: calls | bigint | calls | Calls
-- column: principals | bigint | principals | Different callers
-- column: buckets | bigint | buckets | Different buckets
-- column: first_event | timestamp | - | The earliest, UTC
-- column: last_event | timestamp | - | The latest, UTC
-- false_positives: Programs that look before they write meet NoSuchKey and its like for each new object;
--   configuration reads meet errors where nothing is configured.
-- next_step: Run ct-access-denied for refusals by principal.

SELECT
  rank_by_calls,
  errorcode,
  eventsource,
  eventname,
  calls,
  principals,
  buckets,
  first_event,
  last_event
FROM (
  SELECT
    *,
    row_number() OVER (ORDER BY calls DESC, errorcode, eventsource, eventname) AS rank_by_calls
  FROM (
    SELECT
      errorcode,
      eventsource,
      eventname,
      COUNT(*) AS calls,
      COUNT(DISTINCT COALESCE(useridentity_arn, NULLIF(useridentity_principalid, ''), useridentity_invokedby, useridentity_accountid)) AS principals,
      COUNT(DISTINCT bucket_name) AS buckets,
      MIN(eventtime) AS first_event,
      MAX(eventtime) AS last_event
    FROM cloudtrail_events_unique
    WHERE eventdate >= ? AND eventdate <= ?
      AND (eventdate > ? OR eventhour >= ?)
      AND (eventdate < ? OR eventhour <= ?)
      AND eventtime >= ? AND eventtime < ?
      AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
      AND errorcode IS NOT NULL
    GROUP BY 1, 2, 3
  ) AS counted
) AS ranked
WHERE rank_by_calls <= ?
ORDER BY rank_by_calls
