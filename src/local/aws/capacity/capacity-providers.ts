import { z } from 'zod';
import { clientException, invalidParameter } from '../wire/aws-error.ts';
import type { Tag } from '../ecs/tags.ts';

export const StrategyItem = z.looseObject({
  capacityProvider: z.string(),
  weight: z.number().int().optional(),
  base: z.number().int().optional(),
});
export type StrategyItem = z.infer<typeof StrategyItem>;

export const CreateCapacityProviderInput = z.looseObject({
  name: z.string(),
  autoScalingGroupProvider: z.looseObject({ autoScalingGroupArn: z.string() }),
  tags: z
    .array(z.looseObject({ key: z.string().optional(), value: z.string().optional() }))
    .optional(),
});
export const DescribeCapacityProvidersInput = z.looseObject({
  capacityProviders: z.array(z.string()).optional(),
});
export const DeleteCapacityProviderInput = z.looseObject({ capacityProvider: z.string() });

export interface CapacityProvider {
  readonly name: string;
  readonly arn: string;
  readonly autoScalingGroupProvider: Readonly<Record<string, unknown>> | undefined;
  readonly tags: readonly Tag[];
}

export const isFargateProvider = (name: string): name is 'FARGATE' | 'FARGATE_SPOT' =>
  name === 'FARGATE' || name === 'FARGATE_SPOT';

/**
 * The capacity providers of an account and region: Fargate's two, and those of groups of instances.
 */
export class CapacityProviders {
  readonly #prefix: string;
  readonly #byName = new Map<string, CapacityProvider>();

  constructor(account: string, region: string) {
    this.#prefix = `arn:aws:ecs:${region}:${account}:capacity-provider/`;
    for (const name of ['FARGATE', 'FARGATE_SPOT']) this.#add(name, undefined, []);
  }

  create(input: z.infer<typeof CreateCapacityProviderInput>): CapacityProvider {
    const { name } = input;
    if (/^(aws|ecs|fargate)/i.test(name) || !/^[a-zA-Z0-9_-]{1,255}$/.test(name)) {
      throw clientException(
        'The specified capacity provider name is invalid. Up to 255 characters are allowed, ' +
          'including letters (upper and lowercase), numbers, underscores, and hyphens. The name ' +
          'cannot be prefixed with "aws", "ecs", or "fargate". Specify a valid name and try ' +
          'again.',
      );
    }
    if (this.#byName.has(name)) {
      throw clientException('A capacity provider with the same name already exists.');
    }
    const tags = (input.tags ?? []).map(({ key = '', value = '' }) => ({ key, value }));
    return this.#add(name, input.autoScalingGroupProvider, tags);
  }

  find(nameOrArn: string): CapacityProvider | undefined {
    return this.#byName.get(
      nameOrArn.startsWith(this.#prefix) ? nameOrArn.slice(this.#prefix.length) : nameOrArn,
    );
  }

  require(nameOrArn: string): CapacityProvider {
    const provider = this.find(nameOrArn);
    if (provider === undefined)
      throw invalidParameter(`The specified capacity provider '${nameOrArn}' was not found.`);
    return provider;
  }

  delete(nameOrArn: string): CapacityProvider {
    const provider = this.require(nameOrArn);
    if (isFargateProvider(provider.name)) {
      throw clientException(
        'The specified capacity provider is reserved by AWS and cannot be deleted.',
      );
    }
    this.#byName.delete(provider.name);
    return provider;
  }

  describe(names: readonly string[] | undefined): Record<string, unknown> {
    const found = (names ?? [...this.#byName.keys()]).map((name) => ({
      name,
      provider: this.find(name),
    }));
    return {
      capacityProviders: found.flatMap(({ provider }) =>
        provider === undefined ? [] : [capacityProviderAnswer(provider)],
      ),
      failures: found.flatMap(({ name, provider }) =>
        provider === undefined ? [{ arn: this.#prefix + name, reason: 'MISSING' }] : [],
      ),
    };
  }

  #add(
    name: string,
    autoScalingGroupProvider: Readonly<Record<string, unknown>> | undefined,
    tags: readonly Tag[],
  ): CapacityProvider {
    const provider = { name, arn: this.#prefix + name, autoScalingGroupProvider, tags };
    this.#byName.set(name, provider);
    return provider;
  }
}

export function capacityProviderAnswer(provider: CapacityProvider): Record<string, unknown> {
  return {
    capacityProviderArn: provider.arn,
    name: provider.name,
    status: 'ACTIVE',
    autoScalingGroupProvider: provider.autoScalingGroupProvider,
    tags: provider.tags,
  };
}

const mostItems = 20;

/** Refuses a capacity provider strategy that ECS refuses (aws-ecs.md B.3.1). */
export function checkStrategy(strategy: readonly StrategyItem[]): void {
  if (strategy.length > mostItems)
    throw invalidParameter(
      `A capacity provider strategy can contain at most ${mostItems} capacity providers.`,
    );
  for (const { weight = 0, base = 0 } of strategy) {
    if (weight < 0 || weight > 1000) throw invalidParameter('Weight must be between 0 and 1000.');
    if (base < 0 || base > 100_000) throw invalidParameter('Base must be between 0 and 100000.');
  }
  if (strategy.filter(({ base = 0 }) => base > 0).length > 1) {
    throw invalidParameter(
      'The specified capacity provider strategy cannot contain more than one capacity provider ' +
        'with a base defined.',
    );
  }
  if (strategy.length > 1 && strategy.every(({ weight = 0 }) => weight === 0)) {
    throw invalidParameter(
      'The specified capacity provider strategy must have at least one capacity provider with ' +
        'a weight greater than zero.',
    );
  }
}

/**
 * The provider of each of `count` tasks: first the base, then the provider that is furthest below
 * its share.
 */
export function spread(strategy: readonly StrategyItem[], count: number): readonly string[] {
  const given = new Map<string, number>();
  return Array.from({ length: count }, () => {
    const needy = strategy.find(
      ({ base = 0, capacityProvider }) => (given.get(capacityProvider) ?? 0) < base,
    );
    const share = ({ weight = 0, base = 0, capacityProvider }: StrategyItem): number =>
      (Math.max(0, (given.get(capacityProvider) ?? 0) - base) + 1) / weight;
    const weighted = strategy.filter(({ weight = 0 }) => weight > 0);
    const [lowest] = weighted.sort((one, other) => share(one) - share(other));
    const { capacityProvider } = needy ?? lowest ?? strategy[0] ?? { capacityProvider: '' };
    given.set(capacityProvider, (given.get(capacityProvider) ?? 0) + 1);
    return capacityProvider;
  });
}
