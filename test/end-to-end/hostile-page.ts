import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Frame, type Page } from 'playwright-core';

/** Finds Debian's Chromium, which `npm test` installs. */
export function findChromium(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(':');
  return folders.map((folder) => join(folder, 'chromium')).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A hostile host name that resolves to this machine, so its pages reach every port. */
export const hostileHost = 'evil.test';

/** Starts a browser without its own protection of local servers, which not every one has. */
export function startBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      `--host-resolver-rules=MAP ${hostileHost} 127.0.0.1`,
      '--disable-features=LocalNetworkAccessChecks,PrivateNetworkAccessSendPreflights,BlockInsecurePrivateNetworkRequests',
    ],
  });
}

/** One attempt of a page on a server. */
export type Attempt =
  | {
      readonly how: 'fetch';
      readonly url: string;
      readonly method: string;
      /** `no-cors`: sent without a preflight; the page cannot read the answer. */
      readonly mode: 'cors' | 'no-cors';
      /** Without any, the body has no content type. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  | {
      readonly how: 'form';
      readonly url: string;
      readonly enctype: string;
      readonly name: string;
      readonly value: string;
    }
  | { readonly how: 'beacon'; readonly url: string; readonly body: string }
  | { readonly how: 'img' | 'script'; readonly url: string }
  | {
      readonly how: 'socket';
      readonly url: string;
      readonly protocols: readonly string[];
      readonly messages: readonly string[];
    };

/** Runs inside the page, so it is plain JavaScript. Returns what the page learned. */
const perform = `async (attempt) => {
  const within = (work) => Promise.race([work, new Promise((tell) => setTimeout(tell, 3000, 'nothing'))]);
  const element = (name, fields) => Object.assign(document.createElement(name), fields);
  switch (attempt.how) {
    case 'fetch': {
      const { url, method, mode, headers, body } = attempt;
      // A blob without a type, since a string body would get the type text/plain.
      const init = { method, mode, headers, body: body === undefined ? undefined : new Blob([body]) };
      return within(fetch(url, init).then(({ type, status }) => (type === 'opaque' ? 'sent' : 'read ' + status), () => 'refused'));
    }
    case 'form': {
      const frame = element('iframe', { name: 'answer' + Math.random() });
      const { url, enctype, name, value } = attempt;
      const form = element('form', { action: url, method: 'post', enctype, target: frame.name });
      form.append(element('input', { name, value }));
      document.body.append(frame, form);
      form.submit();
      return within(new Promise((tell) => (frame.onload = () => tell('sent'))));
    }
    case 'beacon':
      navigator.sendBeacon(attempt.url, new Blob([attempt.body], { type: 'text/plain' }));
      return 'sent';
    case 'socket':
      return within(new Promise((tell) => {
        const socket = new WebSocket(attempt.url, attempt.protocols);
        socket.onopen = () => attempt.messages.forEach((message) => socket.send(message));
        socket.onmessage = ({ data }) => tell('read ' + data);
        socket.onclose = () => tell('refused');
      }));
    default:
      return within(new Promise((tell) => {
        const { how, url } = attempt;
        document.body.append(element(how, { src: url, onload: () => tell('read'), onerror: () => tell('refused') }));
      }));
  }
}`;

export interface Outcome {
  readonly attempt: string;
  /** What the page learned: `read ...`, `sent`, `refused`, or `nothing` in three seconds. */
  readonly learned: string;
}

/** Opens a page of this origin, or the sandboxed page inside it with the origin `null`. */
export async function hostilePage(
  browser: Browser,
  origin: string,
  isNameless = false,
): Promise<HostilePage> {
  const page = await browser.newPage();
  const address = `${origin}/page`;
  const inner = isNameless
    ? '<iframe sandbox="allow-scripts" srcdoc="<body></body>"></iframe>'
    : '';
  await page.route(address, (route) =>
    route.fulfill({ contentType: 'text/html', body: `<body>${inner}</body>` }),
  );
  await page.goto(address);
  // while a route is set the browser sends no preflight requests
  await page.unroute(address);
  const frame = isNameless ? page.frames()[1] : page.mainFrame();
  if (frame === undefined) throw new Error('the page has no frame');
  return new HostilePage(page, frame, isNameless ? 'null' : origin);
}

export class HostilePage {
  /** The servers' status codes, in order. */
  readonly statuses: number[] = [];
  readonly #page: Page;
  readonly #frame: Frame;
  readonly #origin: string;

  constructor(page: Page, frame: Frame, origin: string) {
    this.#page = page;
    this.#frame = frame;
    this.#origin = origin;
    page.on('response', (response) => void this.statuses.push(response.status()));
  }

  async attempt(attempt: Attempt): Promise<Outcome> {
    const learned = await this.#frame.evaluate(`(${perform})(${JSON.stringify(attempt)})`);
    const what = attempt.how === 'fetch' ? `${attempt.mode} ${attempt.method}` : attempt.how;
    return { attempt: `${what} ${attempt.url} from ${this.#origin}`, learned: String(learned) };
  }

  /** Closes the page once its last beacon has been sent. */
  async close(): Promise<void> {
    await this.#page.close({ runBeforeUnload: false });
  }
}
