/**
 * Where a resolved value came from. `flow-run` and `block` values differ from run to run or are
 * secret: rule 7.20 keeps them out of a shared task definition.
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
