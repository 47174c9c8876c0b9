import { refusal, ok } from '../http.ts';
import { get, type Route } from '../router.ts';
import { plusSeconds } from '../timestamps.ts';

/** The API version, the same for all of 3.x. */
const apiVersion = '0.8.4';
/** `PREFECT_SERVER_CSRF_TOKEN_EXPIRATION`. */
const csrfTokenSeconds = 3600;

/** `csrf`: whether the server requires CSRF tokens. Off by default, as in the real server. */
export const adminRoutes = (csrf: boolean): readonly Route[] => [
  get('/health', () => ok(true)),
  get('/ready', () => ok({ message: 'OK' })),
  get('/hello', () => ok('👋')),
  get('/version', () => ok(apiVersion)),
  get('/admin/version', ({ world }) => ok(world.version.text)),
  get('/admin/storage', () => ok({ default_result_storage_block_id: null })),
  get('/csrf-token', ({ world, query }) => {
    if (!csrf) throw refusal(422, 'CSRF protection is disabled.');
    const client = query.get('client');
    if (client === null) throw refusal(422, 'client is required');
    const token = world.ids.uuid().replaceAll('-', '');
    const expires = plusSeconds(world.now(), csrfTokenSeconds);
    world.csrfTokens.set(client, { token, expires });
    return ok({ ...world.row(), token, client, expiration: expires });
  }),
];
