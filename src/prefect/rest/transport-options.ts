import type { Fetch } from './http.ts';

/** The settings that provide `sslCertFile`. */
export const certFileSetting = 'PREFECT_API_SSL_CERT_FILE, or SSL_CERT_FILE if that is not set';

export interface TransportOptions {
  readonly tlsInsecureSkipVerify: boolean;
  /** A CA bundle that replaces the built-in one. */
  readonly sslCertFile: string | undefined;
  /** Whether any of the usual proxy variables is set. */
  readonly usesProxy: boolean;
}

export interface Transport extends AsyncDisposable {
  readonly fetch: Fetch;
}
