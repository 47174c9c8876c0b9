/** DescribeTasks takes at most this many tasks (aws-ecs.md B.4.2). */
export const tasksPerCall = 100;
