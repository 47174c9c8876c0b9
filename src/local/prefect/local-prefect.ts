import { Answer, type LocalRequest } from '../message.ts';
import { aborted, sharedAbortController } from '../../kernel/abort.ts';
import type { Clock } from '../../kernel/clock.ts';
import { toError } from '../../kernel/errors.ts';
import { silentLogger, type Logger } from '../../kernel/logger.ts';
import { seededRandom, type Random } from '../../kernel/random.ts';
import { Cancelled, withTaskGroup } from '../../kernel/task-group.ts';
import { Disconnect } from '../disconnect.ts';
import { Faults } from '../faults.ts';
import type { SocketUpgrade } from '../sockets.ts';
import { CallLog, type CallRecord } from './call-log.ts';
import { cloudProfile } from './cloud-profile.ts';
import { answerControl } from './control.ts';
import { PrefectDomain } from './domain.ts';
import { prefectFaultWords } from './fault-words.ts';
import { checkApiVersion, checkCsrf, clientVersionOf, isAuthorized } from './guards.ts';
import { HttpError, answerOf, exception, notFound, refusal } from './http.ts';
import { bodyOf } from './request-body.ts';
import { Router, type Call, type Match } from './router.ts';
import { allRoutes } from './routes/index.ts';
import { newestVersion } from './server-version.ts';
import { runServices } from './services.ts';
import { Sockets } from './sockets-server.ts';
import { plusSeconds } from './timestamps.ts';
import { World } from './world.ts';

export interface LocalPrefectOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log?: Logger;
  /** Behaves like this server version (prefect-api.md 10.2). Default: 3.8.8. */
  readonly version?: string;
  /** `PREFECT_SERVER_API_AUTH_STRING`. */
  readonly authString?: string;
  /** `PREFECT_SERVER_CSRF_PROTECTION_ENABLED`. Default: false, as in the real server. */
  readonly csrf?: boolean;
  /** `PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED`. Default: true, as in the real server. */
  readonly lateRuns?: boolean;
  /** Keeps bodies in the call log. Default: false. */
  readonly recordBodies?: boolean;
  /** A separate seed for faults. Default: faults draw from `random` like everything else. */
  readonly faultSeed?: number;
}

const prefix = '/api';

/** What a passing test on this server does not prove. */
export const notModelledOfPrefect =
  'not modelled: UI pages, a database (all state is in memory), schedules that create runs, ' +
  'validation of parameters against their schemas, automations, artifacts, result storage, ' +
  'events other than flow run state changes and those that clients send';

/**
 * A Prefect server on this machine: in memory, on an injected clock.
 *
 * Reading order:
 * - `handle` is the way of a request: `guards.ts` checks the secret, `router.ts` finds the route in
 *   `routes/`, `faults` may change the answer. `upgrade` is the way of a socket
 *   (`sockets-server.ts`).
 * - `set-state.ts` decides on proposed states by the rules in `orchestration/`, in the server's
 *   order.
 * - `services.ts` is the background loop: late runs, expired leases, overdue cancellations.
 * - `domain.ts`, the base class, is what tests call: it changes the world without a request.
 *
 * State: `world.ts` holds all tables, limits, events and queues. `faults` and the call log belong
 * to the front. Disposing of it ends its sockets and loops. It must use no clock and no random
 * source but those it is given, or simulations could not be repeated.
 */
export class LocalPrefect extends PrefectDomain implements AsyncDisposable {
  readonly faults: Faults;
  readonly #options: LocalPrefectOptions;
  readonly #router: Router;
  readonly #log = new CallLog();
  readonly #sockets: Sockets;
  readonly #ending = sharedAbortController();
  readonly #life: Promise<void>;
  #isCutOff = false;

  constructor(options: LocalPrefectOptions) {
    const log = options.log ?? silentLogger;
    super(new World({ ...options, log, version: options.version ?? newestVersion }));
    this.#options = options;
    const { faultSeed } = options;
    this.faults = new Faults(
      options.clock,
      faultSeed === undefined ? options.random : seededRandom(faultSeed),
    );
    this.#router = new Router(allRoutes(options.csrf ?? false));
    this.#sockets = new Sockets(this.world, options.authString);
    this.#life = withTaskGroup(this.#ending.signal, async (group) => {
      group.spawn('services', (signal) =>
        runServices(this.world, options.lateRuns ?? true, signal),
      );
      await aborted(group.signal);
    });
    this.#life.catch((error: unknown) =>
      log.error(`the local Prefect failed: ${toError(error).message}`),
    );
  }

  /**
   * Answers one request: `/api/...` of any client, and `/_local/...` for the operator of the
   * server.
   */
  async handle(request: LocalRequest): Promise<Answer> {
    const answer = await this.#handle(request);
    return answer.dated(this.world.clock.now());
  }

  async #handle(request: LocalRequest): Promise<Answer> {
    const url = new URL(request.url);
    const isControl = url.pathname.startsWith('/_local/');
    if (this.#isCutOff && !isControl) throw new Disconnect('partitioned');
    // First of all: a request without the secret meets no fault, uses none up and is not counted.
    const asksForSecret = isControl || this.world.version.has('basicAuth');
    const authString = asksForSecret ? this.#options.authString : undefined;
    if (!isAuthorized(authString, request, url.pathname))
      return answerOf(exception(401, 'Unauthorized'));
    if (isControl) return this.#control(request, url.pathname);
    const path = url.pathname.startsWith(`${prefix}/`)
      ? url.pathname.slice(prefix.length)
      : undefined;
    const match = path === undefined ? 'not-found' : this.#match(request.method, path);
    const routePath = typeof match === 'string' ? (path ?? url.pathname) : match.route.path;
    const operation = `${request.method} ${routePath}`;
    this.#log.count(operation);
    const text = request.method === 'GET' ? '' : await request.text();
    const arrival = this.world.arrival();
    return this.#logged(operation, url.pathname, text, () =>
      this.faults.over(operation, prefectFaultWords, request.signal, (staleMs, isLate) =>
        Promise.resolve(
          this.#answer(request, url, path ?? '', match, text, {
            asOf: staleMs > 0 ? plusSeconds(this.world.now(), -staleMs / 1000) : undefined,
            arrival: isLate ? arrival : undefined,
          }),
        ),
      ),
    );
  }

  /** Answers a request to open a socket. */
  upgrade(upgrade: SocketUpgrade): Promise<Answer | undefined> {
    const { pathname } = new URL(upgrade.request.url);
    if (this.#isCutOff) return Promise.reject(new Disconnect('partitioned'));
    const path = pathname.startsWith(`${prefix}/`) ? pathname.slice(prefix.length) : pathname;
    const channelPath = /^\/work_pools\/[^/]+\/workers\/connect$/;
    const operation = `WS ${path.replace(channelPath, '/work_pools/{name}/workers/connect')}`;
    this.#log.count(operation);
    return this.faults
      .over(operation, prefectFaultWords, upgrade.request.signal, async () => {
        const refused = this.#sockets.open(upgrade, path);
        return refused ?? new Answer(200);
      })
      .then((response) => (response.status === 200 ? undefined : response));
  }

  callCounts(): Readonly<Record<string, number>> {
    return this.#log.counts();
  }

  /** The latest calls, oldest first. */
  get calls(): readonly CallRecord[] {
    return this.#log.calls;
  }

  /**
   * Behaves like Prefect Cloud until disposed of. Rules that were added earlier take precedence.
   */
  actAsCloud(): Disposable {
    const added = cloudProfile.map((rule) => this.faults.add(rule));
    return { [Symbol.dispose]: () => added.forEach((rule) => rule[Symbol.dispose]()) };
  }

  /** Cuts every socket without a close frame. */
  dropSockets(): void {
    this.#sockets.terminateAll();
  }

  /**
   * Restarts the server: sockets and leases are lost, and the contents of the database are kept.
   */
  restart(): void {
    this.dropSockets();
    this.world.limits.loseLeases();
  }

  /** Resets every connection and cuts every socket until disposed of. */
  partition(): Disposable {
    this.#isCutOff = true;
    this.dropSockets();
    return { [Symbol.dispose]: () => void (this.#isCutOff = false) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dropSockets();
    this.#ending.abort(new Cancelled('the local Prefect is closing'));
    await this.#life;
  }

  async #control(request: LocalRequest, path: string): Promise<Answer> {
    try {
      return await answerControl(request, path, this.faults, this.#log);
    } catch (error) {
      if (error instanceof HttpError) return answerOf(error);
      throw error;
    }
  }

  #match(method: string, path: string): Match | 'not-found' | 'wrong-method' {
    const match = this.#router.match(method, path);
    if (typeof match === 'string') return match;
    const { needs } = match.route;
    return needs === undefined || this.world.version.has(needs) ? match : 'not-found';
  }

  async #logged(
    operation: string,
    path: string,
    request: string,
    work: () => Promise<Answer>,
  ): Promise<Answer> {
    const atMs = this.world.clock.now().getTime();
    const bodies = this.#options.recordBodies === true;
    try {
      const response = await work();
      const answer = bodies ? { request, answer: response.body } : {};
      this.#log.add({ atMs, operation, path, status: response.status, ...answer });
      return response;
    } catch (error) {
      this.#log.add({ atMs, operation, path, status: undefined, ...(bodies && { request }) });
      throw error;
    }
  }

  #answer(
    request: LocalRequest,
    url: URL,
    path: string,
    match: Match | 'not-found' | 'wrong-method',
    text: string,
    moments: Pick<Call<unknown>, 'asOf' | 'arrival'>,
  ): Answer {
    try {
      if (this.#options.csrf === true) checkCsrf(this.world, request);
      if (match === 'not-found') throw notFound();
      if (match === 'wrong-method') throw refusal(405, 'Method Not Allowed');
      checkApiVersion(request);
      return match.route.answer({
        world: this.world,
        params: match.params,
        query: url.searchParams,
        body: bodyOf(text),
        clientVersion: clientVersionOf(request),
        ...moments,
      });
    } catch (error) {
      if (error instanceof HttpError) return answerOf(error);
      this.world.log.error(`${request.method} ${path} failed: ${toError(error).stack ?? ''}`);
      return answerOf(exception(500, 'Internal Server Error'));
    }
  }
}
