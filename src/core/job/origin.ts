/**
 * Where a resolved value came from. `flow-run` and `block` values differ from run to run or are
 * secret. In a shared task definition they would make a revision for each run, or show the secret
 * to everybody who may read definitions (worker.md 7 rule 20).
 */
export type Origin =
  | 'pool-template'
  | 'variable-default'
  | 'deployment'
  | 'flow-run'
  | 'worker-setting'
  | 'worker'
  | 'worker-environment'
  | 'block'
  | 'prefect-variable';
