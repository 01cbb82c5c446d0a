import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
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
    const overlays = await readdir(OVERLAYS);
    findings.fact(overlays.length > 0, `${OVERLAYS} holds overlays`);
    for (const overlay of overlays) {
      await accepted(stage, findings, overlay, join(OVERLAYS, overlay));
    }
    findings.note(`${overlays.join(', ')}: accepted in a namespace that enforces the restricted profile.`);
    const combined = combinations(await readdir(COMPONENTS));
    for (const components of combined) {
      await withFolder(stage.cluster, { image, components }, {}, (folder) =>
        accepted(stage, findings, components.join(' and '), folder),
      );
    }
    findings.note(`${combined.length} components and pairs upon the overlay: accepted there as well.`);
  },
};

async function accepted({ kubectl }: Stage, findings: Findings, name: string, folder: string): Promise<void> {
  const { stdout, stderr } = await kubectl.output(['apply', '--dry-run=server', '--kustomize', folder]);
  findings.fact(stdout.includes('deployment.apps/ebb'), `${name} has a Deployment`);
  findings.fact(stderr === '', `${name} gives no warning (${stderr.trim()})`);
}
