import { parseArgs } from 'node:util';
import { UsageError } from '../lib/terminal/flags.js';

export const USAGE = `Usage: npm run check:k8s [-- [DIR|-] [--json] [--rules] [--help]]

  DIR      renders that folder with kubectl and checks every Deployment and StatefulSet in it
  -        reads rendered YAML from standard input: helm template ... | npm run --silent check:k8s -- -
  neither  checks every overlay, every component alone upon k8s/overlays/production, and the pairs that make sense
  --json   prints the findings for machines
  --rules  prints every rule, and where it comes from

Exit code 1 on an error, 0 with warnings alone. A rule is waived by an annotation on the object that it is about:

  check-k8s/waive.RULE: the reason

A workload with WebSockets or streams of events says so, and how often something is sent on each of them at least:

  check-k8s/long-lived: 30s`;

export interface Options {
  /** A folder, or `-` for standard input; absent: all that is in `k8s/`. */
  readonly source?: string;
  readonly json: boolean;
  readonly only?: 'help' | 'rules';
}

/** @throws {@link UsageError} */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parsed(args);
  const [source, ...more] = positionals;
  if (more.length > 0) {
    throw new UsageError(`One folder at a time, not ${positionals.length}.`);
  }
  return {
    ...(source === undefined ? {} : { source }),
    json: values.json,
    ...(values.help ? { only: 'help' } : values.rules ? { only: 'rules' } : {}),
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        rules: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false, short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
