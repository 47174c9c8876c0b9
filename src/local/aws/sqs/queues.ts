import { AwsError } from '../wire/aws-error.ts';
import { Queue, type QueueDeps } from './queue.ts';
import { readQueueAttributes } from './queue-attributes.ts';

/** The queues of an account and region. */
export class Queues {
  readonly #account: string;
  readonly #prefix: string;
  readonly #deps: QueueDeps;
  readonly #byName = new Map<string, Queue>();

  constructor(account: string, region: string, deps: QueueDeps) {
    this.#account = account;
    this.#prefix = `arn:aws:sqs:${region}:${account}:`;
    this.#deps = deps;
  }

  get all(): readonly Queue[] {
    return [...this.#byName.values()];
  }

  /** Returns an existing queue if no attribute differs. */
  create(name: string, given: Readonly<Record<string, string>>): Queue {
    if (!/^[\w-]{1,80}$/.test(name)) {
      throw new AwsError(
        'com.amazonaws.sqs#InvalidParameterValue',
        'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
      );
    }
    const attributes = readQueueAttributes(given);
    const known = this.#byName.get(name);
    if (known === undefined) {
      const place = { name, arn: this.#prefix + name };
      const queue = new Queue(place, attributes, this.#deps, (arn) => this.byArn(arn));
      this.#byName.set(name, queue);
      return queue;
    }
    const different = Object.keys(given).find((key) => known.attributes.given[key] !== given[key]);
    if (different === undefined) return known;
    throw new AwsError(
      'com.amazonaws.sqs#QueueNameExists',
      `A queue already exists with the same name and a different value for attribute ${different}`,
    );
  }

  require(name: string): Queue {
    const queue = this.#byName.get(name);
    if (queue === undefined) throw noSuchQueue();
    return queue;
  }

  /**
   * By the last two segments of its URL, account and name, because clients send to their endpoint
   * whatever host the URL names (aws-ecs.md A.2).
   */
  atUrl(url: string): Queue {
    const [account, name = ''] = url.split('/').slice(-2);
    if (account !== this.#account) throw noSuchQueue();
    return this.require(name);
  }

  byArn(arn: string): Queue | undefined {
    return arn.startsWith(this.#prefix)
      ? this.#byName.get(arn.slice(this.#prefix.length))
      : undefined;
  }

  delete(queue: Queue): void {
    this.#byName.delete(queue.name);
  }
}

function noSuchQueue(): AwsError {
  return new AwsError(
    'com.amazonaws.sqs#QueueDoesNotExist',
    'The specified queue does not exist.',
    {
      headers: { 'x-amzn-query-error': 'AWS.SimpleQueueService.NonExistentQueue;Sender' },
    },
  );
}
