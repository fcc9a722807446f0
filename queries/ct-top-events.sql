-- id: ct-top-events
-- title: The calls most often made
-- answers: Which calls of which services were made most often.
-- source: cloudtrail_events
-- category: traffic
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: limit | bigint | 20 | Rows at most
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket limit
-- column: rank_by_calls | bigint | - | Place by number of calls, 1 being the most
-- column: eventsource | varchar | - | The service that was called
-- column: eventname | varchar | - | The call
-- column: calls | bigint | calls | Calls
-- column: errors | bigint | calls | Of them refused or failed
-- column: principals | bigint | principals | Different callers
-- column: buckets | bigint | buckets | Different buckets
-- column: first_event | timestamp | - | The earliest, UTC
-- column: last_event | timestamp | - | The latest, UTC
-- false_positives: A multi-delete counts once and once more for each of its objects. Which calls appear at all
--   depends on the trail's event selectors.
-- next_step: Data events cost by number: many GetObject of one program may be worth an exception in the trail's
--   selectors.

SELECT
  rank_by_calls,
  eventsource,
  eventname,
  calls,
  errors,
  principals,
  buckets,
  first_event,
  last_event
FROM (
  SELECT
    *,
    row_number() OVER (ORDER BY calls DESC, eventsource, eventname) AS rank_by_calls
  FROM (
    SELECT
      eventsource,
      eventname,
      COUNT(*) AS calls,
      count_if(errorcode IS NOT NULL) AS errors,
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
    GROUP BY 1, 2
  ) AS counted
) AS ranked
WHERE rank_by_calls <= ?
ORDER BY rank_by_calls
