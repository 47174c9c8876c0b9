import type { DiagnosisCode } from './diagnosis-codes.ts';

/** A code, and a cause that says more than the code's own. */
export interface Finding {
  readonly code: DiagnosisCode;
  readonly cause?: string;
}
