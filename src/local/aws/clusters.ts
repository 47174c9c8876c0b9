import { z } from 'zod';
import { clusterNotFound, invalidParameter } from './aws-error.ts';

export interface Cluster {
  readonly name: string;
  readonly arn: string;
  readonly status: 'ACTIVE' | 'INACTIVE';
}

const validName = /^[a-zA-Z][a-zA-Z0-9_-]{0,254}$/;

export const CreateClusterInput = z.looseObject({ clusterName: z.string().optional() });
export const DescribeClustersInput = z.looseObject({ clusters: z.array(z.string()).optional() });

/** The clusters of an account and region; `default` is there from the start. */
export class Clusters {
  readonly #prefix: string;
  readonly #byName = new Map<string, Cluster>();

  constructor(account: string, region: string) {
    this.#prefix = `arn:aws:ecs:${region}:${account}:cluster/`;
    this.create('default');
  }

  get all(): readonly Cluster[] {
    return [...this.#byName.values()];
  }

  create(name: string): Cluster {
    if (!validName.test(name)) {
      throw invalidParameter(
        'Cluster names must start with a letter and have at most 255 letters, numbers, hyphens and underscores.',
      );
    }
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const cluster: Cluster = { name, arn: this.#prefix + name, status: 'ACTIVE' };
    this.#byName.set(name, cluster);
    return cluster;
  }

  find(nameOrArn: string | undefined): Cluster | undefined {
    const reference = nameOrArn ?? 'default';
    if (reference.startsWith('arn:') && !reference.startsWith(this.#prefix)) return undefined;
    return this.#byName.get(reference.startsWith('arn:') ? reference.slice(this.#prefix.length) : reference);
  }

  /** Throws ClusterNotFoundException unless the cluster exists and is ACTIVE. */
  require(nameOrArn: string | undefined): Cluster {
    const cluster = this.find(nameOrArn);
    if (cluster?.status !== 'ACTIVE') throw clusterNotFound();
    return cluster;
  }
}

export function clusterAnswer(
  cluster: Cluster,
  runningTasks: number,
  pendingTasks: number,
): Record<string, unknown> {
  return {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    status: cluster.status,
    registeredContainerInstancesCount: 0,
    runningTasksCount: runningTasks,
    pendingTasksCount: pendingTasks,
    activeServicesCount: 0,
    statistics: [],
    tags: [],
    settings: [],
    capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
    defaultCapacityProviderStrategy: [],
  };
}
