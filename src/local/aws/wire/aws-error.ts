/**
 * A refusal in AWS's words. Real clients match on its code and text (aws-ecs.md A.4, B.3.3, B.5.3).
 */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: string;
  readonly status: number;
  /** Further members of the answer, such as `resourceIds` of a conflict. */
  readonly members: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: string,
    message: string,
    options: {
      status?: number;
      members?: Readonly<Record<string, unknown>>;
      headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
    this.code = code;
    this.status = options.status ?? 400;
    this.members = options.members ?? {};
    this.headers = options.headers ?? {};
  }
}

export const invalidParameter = (message: string): AwsError =>
  new AwsError('InvalidParameterException', message);
export const clientException = (message: string): AwsError =>
  new AwsError('ClientException', message);
export const clusterNotFound = (): AwsError =>
  new AwsError('ClusterNotFoundException', 'Cluster not found.');
