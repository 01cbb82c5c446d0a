/** What became of requests and connections, counted as it happens. */
export class Tally {
  /** Requests that were answered. */
  finished = 0;
  /** How many of them since the pod was asked to go. */
  finishedWhileLeaving = 0;
  /** Requests handled to their end since then although their client had gone. */
  abandonedWhileLeaving = 0;
  /** Connections that were refused because there were too many. */
  refused = 0;
}
