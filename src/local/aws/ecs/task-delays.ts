/** How long a task stays in each status, in milliseconds (AWS's figures: aws-ecs.md B.1). */
export interface TaskDelays {
  readonly provisioning: number;
  /** Includes the image pull. */
  readonly pending: number;
  readonly activating: number;
  /** From the decision to stop the task until DEACTIVATING: RUNNING with desiredStatus STOPPED. */
  readonly stopAsked: number;
  readonly deactivating: number;
  readonly stopping: number;
  readonly deprovisioning: number;
}

/** For interactive use: a task starts and ends within a second. */
export const defaultDelays: TaskDelays = {
  provisioning: 200,
  pending: 200,
  activating: 100,
  stopAsked: 0,
  deactivating: 50,
  stopping: 50,
  deprovisioning: 200,
};

/** About what Fargate takes with a small image (aws-ecs.md B.1). */
export const fargateDelays: TaskDelays = {
  provisioning: 15_000,
  pending: 15_000,
  activating: 2_000,
  stopAsked: 1_000,
  deactivating: 1_000,
  stopping: 10_000,
  deprovisioning: 20_000,
};
