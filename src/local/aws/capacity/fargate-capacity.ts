export type FargateProvider = 'FARGATE' | 'FARGATE_SPOT';

export const noFargateCapacity =
  'Capacity is unavailable at this time. Please try again later or in a different availability ' +
  'zone';
export const fargateQuotaReached =
  "You've reached the limit on the number of tasks you can run concurrently";

interface Refusal {
  readonly provider: FargateProvider | undefined;
  readonly reason: string;
  left: number;
}

/** Whether Fargate has capacity: always, unless a test says otherwise. Shared by all accounts. */
export class FargateCapacity {
  readonly #closed = new Set<string>();
  #refusals: Refusal[] = [];
  #mostTasks = Infinity;

  /** Turns capacity off or on: everywhere, for one provider, or in one zone. */
  fargate(
    isAvailable: boolean,
    where: { readonly provider?: FargateProvider; readonly zone?: string } = {},
  ): void {
    const providers: readonly FargateProvider[] =
      where.provider === undefined ? ['FARGATE', 'FARGATE_SPOT'] : [where.provider];
    for (const provider of providers) {
      const key = `${provider} ${where.zone ?? ''}`;
      if (isAvailable) this.#closed.delete(key);
      else this.#closed.add(key);
    }
  }

  /** The next `count` tasks find no capacity; then it is available again. */
  failNext(
    count: number,
    options: { readonly provider?: FargateProvider; readonly reason?: string } = {},
  ): void {
    const { provider, reason = noFargateCapacity } = options;
    this.#refusals.push({ provider, reason, left: count });
  }

  /** The quota of tasks that an account may run at once in a region. Without `most`: no quota. */
  limitTasks(most = Infinity): void {
    this.#mostTasks = most;
  }

  /** Why Fargate cannot take one more task in any of the zones. Undefined: it can. */
  refusalFor(
    provider: FargateProvider,
    zones: readonly string[],
    runningTasks: number,
  ): string | undefined {
    const refusal = this.#refusals.find(
      (one) => one.left > 0 && (one.provider === undefined || one.provider === provider),
    );
    if (refusal !== undefined) {
      refusal.left -= 1;
      if (refusal.left === 0) this.#refusals = this.#refusals.filter((one) => one !== refusal);
      return refusal.reason;
    }
    if (runningTasks >= this.#mostTasks) return fargateQuotaReached;
    return this.openZone(provider, zones) === undefined ? noFargateCapacity : undefined;
  }

  openZone(provider: FargateProvider, zones: readonly string[]): string | undefined {
    if (this.#closed.has(`${provider} `)) return undefined;
    return zones.find((zone) => !this.#closed.has(`${provider} ${zone}`));
  }
}
