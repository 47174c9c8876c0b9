/** A container instance to add, in CPU units and MiB. */
export interface NewInstance {
  readonly cpu: number;
  readonly memory: number;
  readonly gpus?: number;
  readonly enis?: number;
  readonly zone?: string;
  readonly capacityProvider?: string;
  readonly attributes?: readonly { readonly name: string; readonly value?: string }[];
  readonly ec2InstanceId?: string;
}
