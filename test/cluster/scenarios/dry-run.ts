import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { combinations } from '../../support/components.js';
import { withFolder } from '../release.js';
import type { Findings, Scenario } from '../scenario.js';
import type { Stage } from '../stage.js';

const OVERLAYS = 'k8s/overlays';
const COMPONENTS = 'k8s/components';

export const dryRun: Scenario = {
  name: 'dry-run',
  what: 'every overlay, component and pair of components is accepted by the API server, without a warning',
  isQuiet: true,
  async run(stage, findings, { image }) {
    const known = await knownKinds(stage);
    const unknown = new Set<string>();
    const overlays = await readdir(OVERLAYS);
    findings.fact(overlays.length > 0, `${OVERLAYS} holds overlays`);
    for (const overlay of overlays) {
      await accepted(stage, findings, overlay, join(OVERLAYS, overlay), known, unknown);
    }
    findings.note(`${overlays.join(', ')}: accepted in a namespace that enforces the restricted profile.`);
    const combined = combinations(await readdir(COMPONENTS));
    for (const components of combined) {
      await withFolder(stage.cluster, { image, components }, {}, (folder) =>
        accepted(stage, findings, components.join(' and '), folder, known, unknown),
      );
    }
    findings.note(`${combined.length} components and pairs upon the overlay: accepted there as well.`);
    if (unknown.size > 0) {
      findings.note(`The cluster does not know ${[...unknown].join(', ')}: those objects were rendered and left out.`);
    }
  },
};

/** The kinds that the API server knows, as `group/Kind`. */
async function knownKinds({ kubectl }: Stage): Promise<Set<string>> {
  const listed = await kubectl.run(['api-resources', '--no-headers']);
  // Name, perhaps short names, version, whether namespaced, kind.
  const rows = listed.split('\n').map((row) => /(\S+)\s+(?:true|false)\s+(\S+)\s*$/.exec(row) ?? []);
  return new Set(rows.map(([, version = '', kind = '']) => `${groupOf(version)}/${kind}`));
}

const groupOf = (apiVersion: string) => (apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '');

async function accepted(
  { kubectl }: Stage,
  findings: Findings,
  name: string,
  folder: string,
  known: ReadonlySet<string>,
  unknown: Set<string>,
): Promise<void> {
  const rendered = parseAllDocuments(await kubectl.run(['kustomize', folder]));
  const objects = rendered.map((document) => document.toJS() as { apiVersion: string; kind: string });
  const isKnown = ({ apiVersion, kind }: { apiVersion: string; kind: string }) =>
    known.has(`${groupOf(apiVersion)}/${kind}`);
  for (const { kind } of objects.filter((object) => !isKnown(object))) {
    unknown.add(kind);
  }
  const { stdout, stderr } = await kubectl.output(['apply', '--dry-run=server', '--filename', '-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects.filter(isKnown) }),
  });
  findings.fact(stdout.includes('deployment.apps/ebb'), `${name} has a Deployment`);
  findings.fact(stderr === '', `${name} gives no warning (${stderr.trim()})`);
}
