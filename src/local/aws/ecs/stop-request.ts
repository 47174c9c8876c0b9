/** `stopCode` as in the API's model (aws-ecs.md B.2). */
export type StopCode =
  | 'TaskFailedToStart'
  | 'EssentialContainerExited'
  | 'UserInitiated'
  | 'ServiceSchedulerInitiated'
  | 'SpotInterruption'
  | 'TerminationNotice'
  | 'InfrastructureHealth';

export interface StopRequest {
  readonly code: StopCode;
  readonly reason: string;
}
