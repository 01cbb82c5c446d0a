import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { combinations } from '../../lib/manifests/components.js';
import { withFolder } from '../../lib/kubernetes/release.js';
import { type Findings, type Scenario, Skipped } from '../scenario.js';
import type { Stage } from '../../lib/kubernetes/stage.js';

const OVERLAYS = 'k8s/overlays';
const COMPONENTS = 'k8s/components';

/** Groups whose kinds only their cloud knows: those objects are rendered, and no more. */
const CLOUDS = new Set(['networking.gke.io']);

export const dryRun: Scenario = {
  name: 'dry-run',
  what: 'every overlay, component and pair of components is accepted by the API server, without a warning',
  isQuiet: true,
  async run(stage, findings, { image }) {
    const known = await knownKinds(stage);
    const unknown = new Map<string, string>();
    const isKnown = ({ apiVersion, kind }: Rendered) => known.has(`${groupOf(apiVersion)}/${kind}`);
    const accept = async (name: string, folder: string) => {
      const objects = await rendered(stage, folder);
      for (const { apiVersion, kind } of objects.filter((object) => !isKnown(object))) {
        unknown.set(kind, groupOf(apiVersion));
      }
      await accepted(stage, findings, name, objects.filter(isKnown));
    };
    const overlays = await readdir(OVERLAYS);
    findings.fact(overlays.length > 0, `${OVERLAYS} holds overlays`);
    for (const overlay of overlays) {
      await accept(overlay, join(OVERLAYS, overlay));
    }
    findings.note(`${overlays.join(', ')}: accepted in a namespace that enforces the restricted profile.`);
    const combined = combinations(await readdir(COMPONENTS));
    for (const components of combined) {
      await withFolder(stage.cluster, { image, components }, {}, (folder) => accept(components.join(' and '), folder));
    }
    findings.note(`${combined.length} components and pairs upon the overlay: accepted there as well.`);
    if (unknown.size > 0) {
      findings.note(`The cluster does not know ${[...unknown.keys()].join(', ')}: rendered, and left out.`);
    }
    const missing = [...unknown].filter(([, group]) => !CLOUDS.has(group)).map(([kind]) => kind);
    if (missing.length > 0) {
      throw new Skipped(
        `everything else was accepted, but the cluster does not know ${missing.join(', ')}: install them`,
      );
    }
  },
};

interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
}

/** The kinds that the API server knows, as `group/Kind`. */
async function knownKinds({ kubectl }: Stage): Promise<Set<string>> {
  const listed = await kubectl.run(['api-resources', '--no-headers']);
  // Name, perhaps short names, version, whether namespaced, kind.
  const rows = listed.split('\n').map((row) => /(\S+)\s+(?:true|false)\s+(\S+)\s*$/.exec(row) ?? []);
  return new Set(rows.map(([, version = '', kind = '']) => `${groupOf(version)}/${kind}`));
}

const groupOf = (apiVersion: string) => (apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '');

async function rendered({ kubectl }: Stage, folder: string): Promise<Rendered[]> {
  const documents = parseAllDocuments(await kubectl.run(['kustomize', folder]));
  return documents.map((document) => document.toJS() as Rendered);
}

async function accepted({ kubectl }: Stage, findings: Findings, name: string, items: Rendered[]): Promise<void> {
  const { stdout, stderr } = await kubectl.output(['apply', '--server-side', '--dry-run=server', '--filename', '-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
  });
  findings.fact(stdout.includes('deployment.apps/ebb'), `${name} has a Deployment`);
  findings.fact(stderr === '', `${name} gives no warning (${stderr.trim()})`);
}
