import { seconds, settings } from '#ebb';

/** What can be set of the counter from outside. */
export const counterSettings = settings({
  /** How long `GET /` takes. */
  COUNTER_DELAY_SECONDS: seconds(9),
});
