import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { projectRoot } from './sources.ts';

describe('The published package', () => {
  let folder: string;

  beforeAll(async () => {
    if (!existsSync(join(projectRoot, 'dist', 'main.js')))
      throw new Error('run `npm run build` first');
    folder = await mkdtemp(join(tmpdir(), 'prefect-ecs-tarball-'));
    const packed = execFileSync(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
      {
        cwd: projectRoot,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    const [{ filename }] = z
      .tuple([z.looseObject({ filename: z.string() })])
      .parse(JSON.parse(packed));
    const installed = join(folder, 'node_modules', 'prefect-ecs-worker');
    await mkdir(installed, { recursive: true });
    execFileSync('tar', ['-xzf', join(folder, filename), '--strip-components=1', '-C', installed]);
    await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('type-checks alone in an empty project', async () => {
    await writeFile(
      join(folder, 'use.ts'),
      `import { parseIdentifier } from 'prefect-ecs-worker';
import { LocalAws } from 'prefect-ecs-worker/local';
const { cluster }: { readonly cluster: string } = parseIdentifier('c::t');
export { cluster, LocalAws };
`,
    );
    const options = [
      '--noEmit',
      '--strict',
      '--exactOptionalPropertyTypes',
      '--module',
      'nodenext',
      '--target',
      'es2023',
    ];
    const types = ['--lib', 'es2023,esnext.disposable,dom', '--types', ''];

    const output = tsc([...options, ...types, join(folder, 'use.ts')], folder);

    expect(output).toBe('');
  });

  it('has no runtime dependency', () => {
    const script = `import { parseIdentifier } from 'prefect-ecs-worker';
import { LocalAws } from 'prefect-ecs-worker/local';
console.log(parseIdentifier('c::t').cluster, typeof LocalAws);`;

    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: folder,
      encoding: 'utf8',
    });

    expect(output).toBe('c function\n');
  });

  it('has a command that prints its version', () => {
    const command = join(folder, 'node_modules', 'prefect-ecs-worker', 'dist', 'main.js');

    expect(execFileSync(process.execPath, [command, '--version'], { encoding: 'utf8' })).toMatch(
      /^\d+\.\d+\.\d+\n$/,
    );
  });
});

function tsc(args: readonly string[], cwd: string): string {
  try {
    return execFileSync(join(projectRoot, 'node_modules', '.bin', 'tsc'), [...args], {
      cwd,
      encoding: 'utf8',
    });
  } catch (error) {
    return z.looseObject({ stdout: z.string() }).parse(error).stdout;
  }
}
